#include "fileio/proto_file.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/struct.pb.h>
#include <gtest/gtest.h>

#include <string>

#include "fileio/file_client.h"

namespace anneal::fileio {
namespace {

using google::protobuf::FileDescriptorProto;
using google::protobuf::UninterpretedOption;
using ::testing::HasSubstr;
using ::testing::Not;

std::string PathOf(const std::string& name) {
  return ::testing::TempDir() + "/" + name;
}

TEST(ProtoFile, IsTextOrBinaryByTheName) {
  FileDescriptorProto message;
  message.set_name("a.proto");
  for (const char* name :
       {"m.textproto", "m.pbtxt", "m.prototxt", "m.txtpb", "m.pb", "m"}) {
    ASSERT_TRUE(DumpProto(message, PathOf(name)).ok());
    FileDescriptorProto loaded;
    ASSERT_TRUE(LoadProto(PathOf(name), &loaded).ok()) << name;
    EXPECT_EQ(loaded.name(), "a.proto");
  }
  EXPECT_EQ(*GetText(PathOf("m.pbtxt")), "name: \"a.proto\"\n");
  EXPECT_EQ(*Get(PathOf("m.pb")),
            "\x0a\x07"
            "a.proto");
}

TEST(ProtoFile, SaysWhereTextIsWrong) {
  ASSERT_TRUE(PutText("name: \"a\"\nnaem: 1\n", PathOf("a.pbtxt")).ok());
  FileDescriptorProto message;
  const absl::Status status = LoadProto(PathOf("a.pbtxt"), &message);

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("a.pbtxt:2:5: "));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("expected a google.protobuf.FileDescriptorProto"));
}

TEST(ProtoFile, SaysThatBytesAreCutOff) {
  ASSERT_TRUE(Put("\x0a\x07"
                  "a.pr",
                  PathOf("cut.pb"))
                  .ok());
  FileDescriptorProto message;
  const absl::Status status = LoadProto(PathOf("cut.pb"), &message);

  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("cut off"));
}

TEST(ProtoFile, RefusesWhatIsTooDeep) {
  // Each level of a Value's list is two messages.
  constexpr int kLevels = 10000;
  std::string text;
  google::protobuf::Value value;
  google::protobuf::Value* inner = &value;
  for (int i = 0; i < kLevels; ++i) {
    text += "list_value { values { ";
    inner = inner->mutable_list_value()->add_values();
  }
  for (int i = 0; i < kLevels; ++i) text += "} } ";
  google::protobuf::Value loaded;
  const absl::Status of_text = ReadProto(text, "a.pbtxt", &loaded);
  const absl::Status of_bytes =
      ReadProto(value.SerializeAsString(), "a.pb", &loaded);

  EXPECT_EQ(of_text.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(of_text.message()), HasSubstr("too deep"));
  EXPECT_EQ(of_bytes.code(), absl::StatusCode::kDataLoss);
}

TEST(ProtoFile, ErrorsShowNoSecrets) {
  FileDescriptorProto message;
  for (const char* url : {"https://ann:hunter2@h/a.pb?token=hunter2",
                          "https://ann:hunter2@h/a.pbtxt"}) {
    const absl::Status status = ReadProto("\x0a}", url, &message);
    EXPECT_THAT(std::string(status.message()), HasSubstr("https://h/a.pb"));
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("hunter2")));
  }
}

TEST(ProtoFile, WantsRequiredFields) {
  UninterpretedOption message;
  message.add_name();  // without the fields that it must have
  const absl::Status dumped = DumpProto(message, PathOf("bad.pb"));
  ASSERT_TRUE(Put(message.SerializePartialAsString(), PathOf("in.pb")).ok());
  UninterpretedOption loaded;
  const absl::Status status = LoadProto(PathOf("in.pb"), &loaded);

  EXPECT_EQ(dumped.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(dumped.message()), HasSubstr("name[0].name_part"));
  EXPECT_FALSE(*Exists(PathOf("bad.pb")));
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("name[0].name_part"));
}

TEST(ProtoFile, SaysThatAFileIsMissing) {
  FileDescriptorProto message;
  EXPECT_TRUE(absl::IsNotFound(LoadProto(PathOf("none.pb"), &message)));
}

}  // namespace
}  // namespace anneal::fileio
