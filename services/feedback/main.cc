#include "services/feedback/service.h"

int main(int argc, char** argv) {
  return jinqi::rpc::RunService<jinqi::config::v1::FeedbackConfig>(argc, argv, jinqi::feedback::Definition(),
                                                                   jinqi::feedback::Build);
}
