#include "fileio/s3/s3_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "fileio/local/local_backend.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class S3OptionsTest : public ::testing::Test {
 protected:
  S3OptionsTest()
      : home_(::testing::TempDir() + "/" +
              ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
    variables_["HOME"] = home_;
  }

  absl::StatusOr<S3Options> Resolve(const S3Settings& settings = {}) const {
    return ResolveS3Options(settings, [this](const std::string& name) {
      auto it = variables_.find(name);
      return it == variables_.end() ? absl::optional<std::string>()
                                    : it->second;
    });
  }
  void Write(const std::string& name, const std::string& text) {
    ASSERT_TRUE(LocalBackend().Put(text, home_ + "/" + name).ok());
  }
  // "id:secret:token" of what is resolved.
  std::string Credentials(const S3Settings& settings = {}) const {
    const auto options = Resolve(settings);
    if (!options.ok()) return std::string(options.status().message());
    const AwsCredentials& found = *options->credentials;
    return found.access_key_id + ":" + found.secret_access_key + ":" +
           found.session_token;
  }

  const std::string home_;
  std::map<std::string, std::string> variables_;
};

TEST_F(S3OptionsTest, TakesSettingsBeforeTheEnvironmentBeforeFiles) {
  Write(".aws/config",
        "[default]\naws_access_key_id = c\naws_secret_access_key = cs\n");
  EXPECT_EQ(Credentials(), "c:cs:");
  Write(".aws/credentials",
        "[default]\naws_access_key_id = f\naws_secret_access_key = fs\n"
        "aws_session_token = ft\n");
  EXPECT_EQ(Credentials(), "f:fs:ft");
  variables_["AWS_ACCESS_KEY_ID"] = "e";
  variables_["AWS_SECRET_ACCESS_KEY"] = "es";
  EXPECT_EQ(Credentials(), "e:es:");
  variables_["AWS_SESSION_TOKEN"] = "et";
  EXPECT_EQ(Credentials(), "e:es:et");
  S3Settings settings;
  settings.access_key = "s";
  settings.secret_key = "ss";
  EXPECT_EQ(Credentials(settings), "s:ss:");
}

TEST_F(S3OptionsTest, TakesTheProfileThatIsNamed) {
  Write("keys", "[one]\naws_access_key_id=1\naws_secret_access_key=s1\n");
  Write("config",
        "[profile two]\naws_access_key_id=2\naws_secret_access_key=s2\n"
        "region = eu-west-3\nendpoint_url = http://h:9000/\n"
        "ca_bundle = /ca.pem\ns3 =\n  addressing_style = virtual\n");
  variables_["AWS_SHARED_CREDENTIALS_FILE"] = home_ + "/keys";
  variables_["AWS_CONFIG_FILE"] = home_ + "/config";
  variables_["AWS_PROFILE"] = "one";
  EXPECT_EQ(Credentials(), "1:s1:");
  S3Settings settings;
  settings.profile = "two";
  // A profile that is asked for goes before the environment's keys.
  variables_["AWS_ACCESS_KEY_ID"] = "e";
  variables_["AWS_SECRET_ACCESS_KEY"] = "es";
  EXPECT_EQ(Credentials(settings), "2:s2:");
  const auto options = Resolve(settings);
  EXPECT_EQ(options->region, "eu-west-3");
  EXPECT_EQ(options->endpoint_url, "http://h:9000");
  EXPECT_EQ(options->http.curl.ca_file, "/ca.pem");
  EXPECT_TRUE(options->is_virtual_hosted);
}

TEST_F(S3OptionsTest, SaysThatAProfileIsMissing) {
  variables_["AWS_PROFILE"] = "none";
  const absl::Status status = Resolve().status();

  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(status.message(), HasSubstr("there is no profile \"none\" in "));
  EXPECT_THAT(status.message(), HasSubstr(home_ + "/.aws/credentials"));
}

TEST_F(S3OptionsTest, SaysWhereItLookedForCredentials) {
  const absl::Status status = Resolve().status();

  EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_THAT(status.message(), HasSubstr("AWS_ACCESS_KEY_ID"));
  EXPECT_THAT(status.message(), HasSubstr(home_ + "/.aws/config"));
  EXPECT_THAT(status.message(), HasSubstr("anonymous: true"));
}

TEST_F(S3OptionsTest, SaysWhichHalfOfTheCredentialsIsMissing) {
  variables_["AWS_SECRET_ACCESS_KEY"] = "hush";
  absl::Status status = Resolve().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_THAT(status.message(), HasSubstr("the access key's id is missing"));
  EXPECT_THAT(status.message(), Not(HasSubstr("hush")));

  S3Settings settings;
  settings.access_key = "a";
  EXPECT_THAT(Resolve(settings).status().message(),
              HasSubstr("access_key and secret_key: the secret access key"));
}

TEST_F(S3OptionsTest, NeedsNoCredentialsForPublicBuckets) {
  S3Settings settings;
  settings.anonymous = true;

  ASSERT_TRUE(Resolve(settings).ok());
  EXPECT_EQ(Resolve(settings)->credentials, absl::nullopt);
}

TEST_F(S3OptionsTest, NamesAFileThatItCanNotRead) {
  Write(".aws/credentials", "[default]\nhush\n");
  const absl::Status status = Resolve().status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr(home_ + "/.aws/credentials:2:"));
  EXPECT_THAT(status.message(), Not(HasSubstr("hush")));
}

TEST_F(S3OptionsTest, IsAtAwsByDefault) {
  S3Settings settings;
  settings.anonymous = true;
  EXPECT_EQ(Resolve(settings)->endpoint_url,
            "https://s3.us-east-1.amazonaws.com");
  EXPECT_TRUE(Resolve(settings)->is_virtual_hosted);
  variables_["AWS_DEFAULT_REGION"] = "eu-central-1";
  EXPECT_EQ(Resolve(settings)->region, "eu-central-1");
  variables_["AWS_REGION"] = "cn-north-1";
  EXPECT_EQ(Resolve(settings)->endpoint_url,
            "https://s3.cn-north-1.amazonaws.com.cn");
}

TEST_F(S3OptionsTest, TakesTheNearestEndpoint) {
  S3Settings settings;
  settings.anonymous = true;
  variables_["AWS_ENDPOINT_URL"] = "http://all:1";
  EXPECT_EQ(Resolve(settings)->endpoint_url, "http://all:1");
  EXPECT_FALSE(Resolve(settings)->is_virtual_hosted);
  variables_["AWS_ENDPOINT_URL_S3"] = "http://s3:2/";
  EXPECT_EQ(Resolve(settings)->endpoint_url, "http://s3:2");
  settings.endpoint_url = "https://given:3//";
  settings.addressing_style = "virtual";
  EXPECT_EQ(Resolve(settings)->endpoint_url, "https://given:3");
  EXPECT_TRUE(Resolve(settings)->is_virtual_hosted);
}

TEST_F(S3OptionsTest, RefusesWhatIsNoEndpointAndNoStyle) {
  S3Settings settings;
  settings.anonymous = true;
  settings.endpoint_url = "http://ann:hush@h";
  absl::Status status = Resolve(settings).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("an endpoint has no user"));
  EXPECT_THAT(status.message(), Not(HasSubstr("hush")));

  settings.endpoint_url = "localhost:9000";
  EXPECT_THAT(Resolve(settings).status().message(),
              HasSubstr("http:// or https://"));
  settings.endpoint_url = "";
  settings.addressing_style = "dns";
  EXPECT_THAT(Resolve(settings).status().message(),
              HasSubstr("auto, path or virtual"));
}

}  // namespace
}  // namespace anneal
