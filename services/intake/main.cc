#include "services/intake/service.h"

int main(int argc, char** argv) {
  return jinqi::rpc::RunService<jinqi::config::v1::IntakeConfig>(argc, argv, jinqi::intake::Definition(),
                                                                 jinqi::intake::Build);
}
