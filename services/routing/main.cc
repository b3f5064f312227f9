#include "services/routing/service.h"

int main(int argc, char** argv) {
  return jinqi::rpc::RunService<jinqi::config::v1::RoutingConfig>(argc, argv, jinqi::routing::Definition(),
                                                                  jinqi::routing::Build);
}
