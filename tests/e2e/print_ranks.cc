// print_ranks LAUNCHER: what the launcher told this rank, in one line.

#include <cstdio>

#include "dist/rank_environment.h"

int main(int argc, char** argv) {
  const auto ranks =
      anneal::dist::ReadRankEnvironment(argc > 1 ? argv[1] : "none");
  if (!ranks.ok()) {
    std::fprintf(stderr, "%s\n", std::string(ranks.status().message()).c_str());
    return 2;
  }
  std::printf(
      "rank %d of %d, local %d of %d, at %s:%d, run %s, inferred %s%s\n",
      ranks->rank, ranks->world_size, ranks->local_rank, ranks->local_size,
      ranks->master_addr.c_str(), ranks->master_port, ranks->run_id.c_str(),
      anneal::dist::InferLauncher().c_str(),
      ranks->launcher_serves_store ? ", store served" : "");
  return 0;
}
