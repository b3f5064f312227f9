#include "services/policy_knowledge/service.h"

int main(int argc, char** argv) {
  return jinqi::rpc::RunService<jinqi::config::v1::PolicyConfig>(argc, argv, jinqi::policy::Definition(),
                                                                 jinqi::policy::Build);
}
