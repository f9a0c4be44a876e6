#include "fileio/http/http_args.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/time/time.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

TEST(ReadHttpOptions, TakesWhatIsGiven) {
  fileio::BackendArgs args;
  auto& fields = *args.mutable_fields();
  fields["max_attempts"].set_number_value(7);
  fields["connect_timeout"].set_number_value(0.5);
  fields["stall_timeout"].set_number_value(2);
  fields["min_rate"].set_number_value(1000);
  fields["ca_file"].set_string_value("own.pem");
  fileio::BackendArgsReader reader("x", args);
  const HttpOptions options = ReadHttpOptions(&reader);

  ASSERT_TRUE(reader.Finish().ok()) << reader.Finish();
  EXPECT_EQ(options.retry.max_attempts, 7);
  EXPECT_EQ(options.curl.connect_timeout, absl::Milliseconds(500));
  EXPECT_EQ(options.curl.stall_timeout, absl::Seconds(2));
  EXPECT_EQ(options.curl.min_rate, 1000);
  EXPECT_EQ(options.curl.ca_file, "own.pem");
}

TEST(ReadHttpOptions, HasTheDefaultsOfHttpOptions) {
  const fileio::BackendArgs args;
  fileio::BackendArgsReader reader("x", args);
  const HttpOptions options = ReadHttpOptions(&reader);

  EXPECT_EQ(options.retry.max_attempts, HttpOptions().retry.max_attempts);
  EXPECT_EQ(options.curl.stall_timeout, HttpOptions().curl.stall_timeout);
}

TEST(ReadHttpOptions, RefusesWhatWouldNeverEnd) {
  for (const char* name :
       {"max_attempts", "connect_timeout", "stall_timeout", "min_rate"}) {
    for (const double value : {0.0, -1.0, 1e12}) {
      fileio::BackendArgs args;
      (*args.mutable_fields())[name].set_number_value(value);
      fileio::BackendArgsReader reader("x", args);
      ReadHttpOptions(&reader);

      EXPECT_EQ(reader.Finish().code(), absl::StatusCode::kInvalidArgument);
      EXPECT_THAT(reader.Finish().message(), HasSubstr(name)) << value;
    }
  }
}

}  // namespace
}  // namespace anneal
