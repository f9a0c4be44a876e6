#include "fileio/s3/petrel_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace anneal {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kConf[] =
    "[DEFAULT]\n"
    "enable_mc = True\n"
    "default_cluster = north\n"
    "[north]\n"
    "boto = c++\n"
    "access_key = AK\n"
    "secret_key = SK\n"
    "host_base = http://10.0.0.1:80\n"
    "[south]\n"
    "host_base = south.org\n"
    "use_https = True\n";

TEST(PetrelCluster, IsTheOneThatIsNamed) {
  const auto cluster = PetrelCluster(kConf, "conf", "south");

  ASSERT_TRUE(cluster.ok()) << cluster.status();
  EXPECT_EQ(cluster->endpoint_url, "https://south.org");
  EXPECT_TRUE(cluster->anonymous);
  EXPECT_EQ(cluster->addressing_style, "path");
}

TEST(PetrelCluster, IsTheDefaultOne) {
  const auto cluster = PetrelCluster(kConf, "conf", "");

  ASSERT_TRUE(cluster.ok()) << cluster.status();
  EXPECT_EQ(cluster->endpoint_url, "http://10.0.0.1:80");
  EXPECT_EQ(cluster->access_key, "AK");
  EXPECT_EQ(cluster->secret_key, "SK");
  EXPECT_FALSE(cluster->anonymous);
}

TEST(PetrelCluster, IsTheOnlyOne) {
  EXPECT_EQ(
      PetrelCluster("[a]\nendpoint_url = http://h\n[mc]\nx = y\n", "conf", "")
          ->endpoint_url,
      "http://h");
  EXPECT_EQ(PetrelCluster("[a]\nhost_base = h:1\n", "conf", "")->endpoint_url,
            "http://h:1");
}

TEST(PetrelCluster, SaysWhichThereAre) {
  const absl::Status named = PetrelCluster(kConf, "conf", "west").status();
  const absl::Status unnamed =
      PetrelCluster("[a]\nhost_base=h\n[b]\nhost_base=i\n", "conf", "")
          .status();

  EXPECT_EQ(named.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(named.message(),
              HasSubstr("conf: there is no cluster [west]; the clusters are: "
                        "north, south"));
  EXPECT_EQ(unnamed.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(unnamed.message(), HasSubstr("no default_cluster"));
}

TEST(PetrelCluster, RefusesAClusterWithoutAHostAndABrokenFile) {
  const absl::Status host =
      PetrelCluster("[a]\naccess_key = hush\n", "conf", "a").status();
  const absl::Status line = PetrelCluster("[a]\nhush\n", "conf", "a").status();

  EXPECT_EQ(host.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(host.message(), HasSubstr("cluster [a] has no host_base"));
  EXPECT_THAT(host.message(), Not(HasSubstr("hush")));
  EXPECT_EQ(line.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(line.message(), HasSubstr("conf:2:"));
}

}  // namespace
}  // namespace anneal
