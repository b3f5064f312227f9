#include "services/inspection_scheduling/service.h"

int main(int argc, char** argv) {
  return jinqi::rpc::RunService<jinqi::config::v1::InspectionConfig>(argc, argv, jinqi::inspection::Definition(),
                                                                     jinqi::inspection::Build);
}
