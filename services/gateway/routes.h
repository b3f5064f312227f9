// Which method an HTTP request means: a trie of all bindings in the descriptors.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "google/api/http.pb.h"
#include "google/protobuf/descriptor.h"
#include "services/gateway/path_template.h"

namespace jinqi::gateway {

using FieldPath = std::vector<const google::protobuf::FieldDescriptor*>;

// One binding of a method.
struct Route {
  const google::protobuf::MethodDescriptor* method = nullptr;
  // `jinqi.intake.v1.IntakeService/CreateDemand`
  std::string name;
  PathTemplate path;
  // The fields of path.variables, in their order.
  std::vector<FieldPath> fields;
  // What the HTTP body is: nothing, the whole request, or one of its fields.
  bool has_body = false;
  const google::protobuf::FieldDescriptor* body_field = nullptr;
  // nullptr: the whole response.
  const google::protobuf::FieldDescriptor* response_field = nullptr;
};

struct RouteMatch {
  const Route* route = nullptr;
  // The values of the path's variables, decoded.
  std::vector<std::string> values;
};

class Routes {
 public:
  // INVALID_ARGUMENT for a binding that names what is not there, or that another method has already.
  absl::Status Add(const google::protobuf::MethodDescriptor* method);

  // PATH_UNKNOWN with the versions that there are; VERB_NOT_ALLOWED with the verbs that the path has; HTTP_INVALID for
  // a broken escape or other text than UTF-8. `path` without the query.
  absl::StatusOr<RouteMatch> Match(const std::string& verb, std::string_view path) const;

  std::size_t size() const { return routes_.size(); }

 private:
  struct Node {
    std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
    std::unique_ptr<Node> one;
    std::unique_ptr<Node> many;
    // By HTTP verb and the verb after the colon.
    std::map<std::pair<std::string, std::string>, const Route*> routes;
  };

  absl::Status AddRule(const google::protobuf::MethodDescriptor* method, const google::api::HttpRule& rule);
  absl::Status Insert(const std::string& http_verb, std::unique_ptr<Route> route);
  // Visits every node that the segments lead to, literals first, until `visit` says that it is enough.
  static bool Walk(const Node& node, const std::vector<std::string>& segments, std::size_t at,
                   const std::function<bool(const Node&)>& visit);

  Node root_;
  std::vector<std::unique_ptr<Route>> routes_;
  std::set<std::string> versions_;
};

// The field at a dotted path, each name as in the proto file or in lowerCamel; empty: there is none.
FieldPath FindField(const google::protobuf::Descriptor* type, std::string_view path);

// All methods of the platform's proto files that are not internal.
std::vector<const google::protobuf::MethodDescriptor*> PublicMethods();

}  // namespace jinqi::gateway
