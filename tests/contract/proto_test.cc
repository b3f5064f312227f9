// The rules that every proto of this project keeps (AIP 122, 126, 131-136, 155, 158, 192; architecture).
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <functional>
#include <set>

#include "common/testing/process.h"
#include "google/api/annotations.pb.h"
#include "google/api/field_behavior.pb.h"
#include "jinqi/config/v1/options.pb.h"

namespace jinqi {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::FileDescriptorSet;
using google::protobuf::MethodDescriptor;

const std::string kProtos = std::string(JINQI_SOURCE_DIR) + "/protos";

// The proto files with their comments, as protoc reads them.
FileDescriptorSet Compile(const std::string& root, const std::vector<std::string>& files) {
  testing::TempDir folder;
  testing::Subprocess::Options protoc;
  protoc.argv = {
      "protoc", "-I", root, "--include_imports", "--include_source_info", "--descriptor_set_out=" + folder.File("set")};
  protoc.argv.insert(protoc.argv.end(), files.begin(), files.end());
  const testing::RunResult result = testing::RunProgram(protoc);
  INFO(result.errors);
  REQUIRE(result.status == 0);
  FileDescriptorSet set;
  REQUIRE(set.ParseFromString(testing::ReadFile(folder.File("set"))));
  return set;
}

class Protos {
 public:
  Protos() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(kProtos)) {
      if (entry.path().extension() == ".proto") names.push_back(std::filesystem::relative(entry.path(), kProtos));
    }
    const FileDescriptorSet compiled = Compile(kProtos, names);
    for (const auto& file : compiled.file()) {
      REQUIRE(pool_.BuildFile(file) != nullptr);
      if (file.name().starts_with("jinqi/")) files_.push_back(pool_.FindFileByName(file.name()));
    }
  }
  const std::vector<const FileDescriptor*>& files() const { return files_; }

  void EachMessage(const std::function<void(const Descriptor&)>& visit) const {
    for (const FileDescriptor* file : files_) {
      for (int i = 0; i < file->message_type_count(); ++i) Visit(*file->message_type(i), visit);
    }
  }
  void EachEnum(const std::function<void(const EnumDescriptor&)>& visit) const {
    for (const FileDescriptor* file : files_) {
      for (int i = 0; i < file->enum_type_count(); ++i) visit(*file->enum_type(i));
    }
    EachMessage([&](const Descriptor& message) {
      for (int i = 0; i < message.enum_type_count(); ++i) visit(*message.enum_type(i));
    });
  }
  void EachMethod(const std::function<void(const MethodDescriptor&)>& visit) const {
    for (const FileDescriptor* file : files_) {
      for (int s = 0; s < file->service_count(); ++s) {
        if (file->service(s)->name() == "EchoService") continue;
        for (int m = 0; m < file->service(s)->method_count(); ++m) visit(*file->service(s)->method(m));
      }
    }
  }

 private:
  static void Visit(const Descriptor& message, const std::function<void(const Descriptor&)>& visit) {
    if (message.options().map_entry()) return;
    visit(message);
    for (int i = 0; i < message.nested_type_count(); ++i) Visit(*message.nested_type(i), visit);
  }

  DescriptorPool pool_;
  std::vector<const FileDescriptor*> files_;
};

const Protos& All() {
  static const Protos protos;
  return protos;
}

// Options as this program's own types: the pool above knows them only as unknown fields.
template <typename Extension>
auto OptionOf(const google::protobuf::Message& options, const Extension& extension) {
  google::protobuf::MethodOptions parsed;
  REQUIRE(parsed.ParseFromString(options.SerializeAsString()));
  return parsed.GetExtension(extension);
}

template <typename Described>
bool HasComment(const Described& described) {
  google::protobuf::SourceLocation location;
  return described.GetSourceLocation(&location) &&
         !(location.leading_comments.empty() && location.trailing_comments.empty());
}

bool IsRead(const MethodDescriptor& method) {
  static const std::set<std::string> kReads = {"ProposeUndertakers", "ProposeOpinions", "LookUpProgress",
                                               "FindSimilarDemands", "CreateDevelopmentToken", "RetryDeadLetters",
                                               "DiscardDeadLetter",
                                               // A chunk in the place of itself.
                                               "UploadChunk"};
  return OptionOf(method.options(), google::api::http).pattern_case() == google::api::HttpRule::kGet ||
         kReads.contains(method.name());
}

TEST_CASE("packages are their folders and end in a version", "[GWY-15]") {
  for (const FileDescriptor* file : All().files()) {
    INFO(file->name());
    std::string folder = std::filesystem::path(file->name()).parent_path();
    std::replace(folder.begin(), folder.end(), '/', '.');
    CHECK(file->package() == folder);
    CHECK(folder.ends_with(".v1"));
  }
}

TEST_CASE("every method has its HTTP binding, its roles and its comment", "[GWY-02]") {
  std::set<std::string> bindings;
  All().EachMethod([&](const MethodDescriptor& method) {
    INFO(method.full_name());
    const auto http = OptionOf(method.options(), google::api::http);
    const auto access = OptionOf(method.options(), config::v1::access);
    CHECK(access.roles_size() > 0);
    CHECK(HasComment(method));
    std::string path = http.get() + http.post() + http.patch() + http.delete_();
    REQUIRE(path.starts_with("/v1/"));
    CHECK(bindings.insert(std::to_string(http.pattern_case()) + path).second);
    CHECK((http.body().empty()) == (http.pattern_case() == google::api::HttpRule::kGet ||
                                    http.pattern_case() == google::api::HttpRule::kDelete));
    CHECK_FALSE(method.client_streaming());
    CHECK_FALSE(method.server_streaming());
  });
  CHECK(bindings.size() > 40);
}

TEST_CASE("every change carries a request_id, and an order's move its etag", "[INT-17][RTE-24]") {
  All().EachMethod([](const MethodDescriptor& method) {
    if (IsRead(method)) return;
    INFO(method.full_name());
    CHECK(method.input_type()->FindFieldByName("request_id") != nullptr);
    const bool moves_order =
        method.full_name().find("RoutingService") != std::string::npos && method.output_type()->name() == "WorkOrder";
    if (moves_order) CHECK(method.input_type()->FindFieldByName("etag") != nullptr);
  });
}

TEST_CASE("reads of one name it, and lists are paged", "[GWY-09]") {
  All().EachMethod([](const MethodDescriptor& method) {
    INFO(method.full_name());
    const Descriptor& request = *method.input_type();
    if (method.name().starts_with("Get") &&
        OptionOf(method.options(), google::api::http).get().find("{name=") != std::string::npos) {
      REQUIRE(request.FindFieldByName("name") != nullptr);
    }
    const FieldDescriptor* size = request.FindFieldByName("page_size");
    if (size == nullptr) return;
    CHECK(size->has_presence());
    CHECK(request.FindFieldByName("page_token") != nullptr);
    CHECK(method.output_type()->FindFieldByName("next_page_token") != nullptr);
  });
}

TEST_CASE("enums begin with UNSPECIFIED and carry their prefix") {
  All().EachEnum([](const EnumDescriptor& type) {
    INFO(type.full_name());
    CHECK(type.value(0)->number() == 0);
    CHECK(type.value(0)->name().ends_with("_UNSPECIFIED"));
    const std::string zero = type.value(0)->name();
    const std::string prefix = zero.substr(0, zero.size() - sizeof("UNSPECIFIED") + 1);
    for (int i = 0; i < type.value_count(); ++i) CHECK(type.value(i)->name().starts_with(prefix));
  });
}

TEST_CASE("instants end in _time, and personal values are strings") {
  All().EachMessage([](const Descriptor& message) {
    for (int i = 0; i < message.field_count(); ++i) {
      const FieldDescriptor& field = *message.field(i);
      INFO(field.full_name());
      const bool instant = field.type() == FieldDescriptor::TYPE_MESSAGE &&
                           field.message_type()->full_name() == "google.protobuf.Timestamp";
      if (instant) CHECK((field.name() == "time" || field.name() == "as_of" || field.name().ends_with("_time")));
    }
  });
}

// Of Debian's package golang-github-grpc-ecosystem-grpc-gateway-dev: an older copy of some of googleapis' files.
const std::string kDebian = "/usr/share/gocode/src/github.com/grpc-ecosystem/grpc-gateway/third_party/googleapis/";

const google::protobuf::DescriptorProto* MessageOf(const FileDescriptorSet& set, const std::string& file,
                                                   const std::string& name) {
  for (const auto& candidate : set.file()) {
    if (candidate.name() != file) continue;
    for (const auto& message : candidate.message_type()) {
      if (message.name() == name) return &message;
    }
  }
  return nullptr;
}

TEST_CASE("google's types are wire-compatible with Debian's copy where a type is in both") {
  int compared = 0;
  for (const std::string file :
       {"google/api/http.proto", "google/rpc/status.proto", "google/rpc/error_details.proto"}) {
    INFO(file);
    const FileDescriptorSet theirs = Compile(kDebian, {file});
    const FileDescriptorSet ours = Compile(kProtos, {file});
    for (const auto& candidate : theirs.file()) {
      if (candidate.name() != file) continue;
      for (const auto& message : candidate.message_type()) {
        const auto* own = MessageOf(ours, file, message.name());
        if (own == nullptr) continue;
        ++compared;
        for (const auto& field : message.field()) {
          INFO(message.name() << "." << field.name());
          const auto same = std::find_if(own->field().begin(), own->field().end(),
                                         [&](const auto& mine) { return mine.number() == field.number(); });
          REQUIRE(same != own->field().end());
          CHECK(same->name() == field.name());
          CHECK(same->type() == field.type());
          CHECK(same->label() == field.label());
        }
      }
    }
  }
  CHECK(compared >= 8);
}

}  // namespace
}  // namespace jinqi
