#include "dist/shared_memory/shared_memory_backend.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <functional>
#include <string>
#include <torch/csrc/distributed/c10d/FileStore.hpp>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/forked_processes.h"

namespace anneal::dist {
namespace {

using c10d::ReduceOp;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;
using Tensors = std::vector<at::Tensor>;

// One rank's two backends over one store.
struct Rank {
  int rank;
  int size;
  c10::intrusive_ptr<c10d::Backend> shm;
  c10::intrusive_ptr<c10d::Backend> gloo;
};

c10::intrusive_ptr<c10d::Backend> MakeGloo(
    const c10::intrusive_ptr<c10d::Store>& store, int rank, int size) {
  auto options = c10d::ProcessGroupGloo::Options::create();
  options->devices.push_back(
      c10d::ProcessGroupGloo::createDeviceForHostname("127.0.0.1"));
  return c10::make_intrusive<c10d::ProcessGroupGloo>(
      c10::make_intrusive<c10d::PrefixStore>("gloo", store), rank, size,
      options);
}

// Runs `body` in `size` processes; expects all to end well.
void RunRanks(int size, const std::function<void(Rank&)>& body,
              const std::vector<int>& expected_ends = {}) {
  const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
  std::string name = absl::StrCat(info->test_suite_name(), info->name());
  for (char& c : name) {
    if (c == '/') c = '_';
  }
  const std::string path = absl::StrCat(::testing::TempDir(), name);

  const std::vector<int> ends = RunForked(size, [&](int rank) {
    const auto store = c10::make_intrusive<c10d::FileStore>(path, size);
    auto shm = MakeSharedMemoryBackend(
        c10::make_intrusive<c10d::PrefixStore>("shm", store), rank, size,
        absl::Minutes(1));
    ASSERT_TRUE(shm.ok()) << shm.status();
    Rank self = {rank, size, *shm, MakeGloo(store, rank, size)};
    body(self);
  });

  if (expected_ends.empty()) {
    EXPECT_THAT(ends, Each(0));
  } else {
    EXPECT_EQ(ends, expected_ends);
  }
}

// Numbers from 1 to 4, whose sums and products over four ranks every dtype
// holds without rounding.
at::Tensor Numbers(int64_t numel, at::ScalarType dtype, int rank) {
  return at::arange(numel, at::kLong)
      .mul(5)
      .add(3 * rank)
      .remainder(4)
      .add(1)
      .to(dtype);
}

at::Tensor Random(at::IntArrayRef sizes, int rank) {
  at::manual_seed(rank);
  return at::randn(sizes);
}

bool Equal(const Tensors& a, const Tensors& b) {
  for (size_t i = 0; i < a.size(); ++i) {
    if (!a[i].equal(b[i])) return false;
  }
  return a.size() == b.size();
}

// The message of what `work` throws.
std::string ErrorOf(const c10::intrusive_ptr<c10d::Work>& work) {
  try {
    work->wait();
  } catch (const c10::Error& error) {
    return error.what_without_backtrace();
  }
  return "no error";
}

class SharedMemoryBackendOfSize : public ::testing::TestWithParam<int> {
 protected:
  int size() const { return GetParam(); }
};

INSTANTIATE_TEST_SUITE_P(Sizes, SharedMemoryBackendOfSize,
                         ::testing::Range(1, 5),
                         ::testing::PrintToStringParamName());

// Around one element a rank, the limit of the small path and a slot (64 Ki
// floats, 256 Ki chars), and several of them.
const int64_t kSizes[] = {0,     1,     3,     7,      8192,   8193,
                          65535, 65536, 65537, 200000, 262143, 262145};

TEST_P(SharedMemoryBackendOfSize, AllReduceEqualsGloo) {
  RunRanks(size(), [](Rank& self) {
    for (const at::ScalarType dtype :
         {at::kFloat, at::kDouble, at::kHalf, at::kBFloat16, at::kChar,
          at::kByte, at::kInt, at::kLong}) {
      for (const auto op :
           {ReduceOp::SUM, ReduceOp::AVG, ReduceOp::PRODUCT, ReduceOp::MIN,
            ReduceOp::MAX, ReduceOp::BAND, ReduceOp::BOR, ReduceOp::BXOR}) {
        if (op >= ReduceOp::BAND && c10::isFloatingType(dtype)) continue;
        if (op == ReduceOp::AVG && c10::isIntegralType(dtype, true)) continue;
        for (const int64_t numel : {0, 5, 70000}) {
          Tensors ours = {Numbers(numel, dtype, self.rank)};
          Tensors peers = {ours[0].clone()};
          c10d::AllreduceOptions options;
          options.reduceOp = op;

          self.shm->allreduce(ours, options)->wait();

          self.gloo->allreduce(peers, options)->wait();
          EXPECT_TRUE(Equal(ours, peers)) << dtype << " " << op << " " << numel;
        }
      }
    }
  });
}

TEST_P(SharedMemoryBackendOfSize, AllReducesEverySize) {
  RunRanks(size(), [](Rank& self) {
    for (const at::ScalarType dtype : {at::kFloat, at::kChar, at::kDouble}) {
      for (const int64_t numel : kSizes) {
        Tensors tensors = {Numbers(numel, dtype, self.rank)};
        at::Tensor expected = at::zeros_like(tensors[0]);
        for (int rank = 0; rank < self.size; ++rank) {
          expected += Numbers(numel, dtype, rank);
        }

        self.shm->allreduce(tensors)->wait();

        EXPECT_TRUE(tensors[0].equal(expected)) << dtype << " " << numel;
      }
    }
  });
}

TEST_P(SharedMemoryBackendOfSize, SumsFromRankZeroOnBitForBit) {
  RunRanks(size(), [](Rank& self) {
    for (const at::ScalarType dtype : {at::kFloat, at::kHalf, at::kBFloat16}) {
      for (const int64_t numel : {100, 300000}) {
        at::Tensor expected = Random({numel}, 0).to(dtype);
        for (int rank = 1; rank < self.size; ++rank) {
          expected += Random({numel}, rank).to(dtype);
        }
        Tensors tensors = {Random({numel}, self.rank).to(dtype)};

        self.shm->allreduce(tensors)->wait();

        EXPECT_TRUE(tensors[0].equal(expected)) << dtype << " " << numel;
      }
    }
  });
}

TEST_P(SharedMemoryBackendOfSize, ReducesTensorsOfAnyStrides) {
  RunRanks(size(), [](Rank& self) {
    const at::Tensor base = Random({6, 4, 8, 10}, self.rank);
    Tensors sum = {base.clone()};
    self.shm->allreduce(sum)->wait();
    const std::vector<
        std::pair<const char*, std::function<at::Tensor(const at::Tensor&)>>>
        views = {
            {"transposed",
             [](const at::Tensor& t) { return t.transpose(0, 3); }},
            {"every other",
             [](const at::Tensor& t) { return t.slice(3, 0, 10, 2); }},
            {"channels last",
             [](const at::Tensor& t) {
               return t.contiguous(at::MemoryFormat::ChannelsLast);
             }},
            {"one number", [](const at::Tensor& t) { return t[0][1][2][3]; }}};
    for (const auto& [name, view] : views) {
      at::Tensor whole = base.clone();
      Tensors tensors = {view(whole)};

      self.shm->allreduce(tensors)->wait();

      EXPECT_TRUE(tensors[0].equal(view(sum[0]))) << name;
    }
    // What a strided tensor leaves out stays.
    at::Tensor whole = base.clone();
    Tensors tensors = {whole.slice(3, 0, 10, 2)};
    self.shm->allreduce(tensors)->wait();
    EXPECT_TRUE(whole.slice(3, 1, 10, 2).equal(base.slice(3, 1, 10, 2)));
  });
}

TEST_P(SharedMemoryBackendOfSize, ReducesBoolsAndComplexNumbers) {
  RunRanks(size(), [](Rank& self) {
    Tensors any = {at::arange(4).eq(self.rank)};
    self.shm->allreduce(any)->wait();
    EXPECT_TRUE(any[0].equal(at::arange(4).lt(self.size)));

    const at::Tensor numbers =
        at::complex(at::full({3}, 1.0), at::full({3}, 2.0));
    Tensors conjugates = {numbers.conj()};
    self.shm->allreduce(conjugates)->wait();
    EXPECT_TRUE(conjugates[0].resolve_conj().equal(
        at::complex(at::full({3}, 1.0), at::full({3}, -2.0)) * self.size));
  });
}

TEST_P(SharedMemoryBackendOfSize, ReduceChangesTheRootOnly) {
  RunRanks(size(), [](Rank& self) {
    for (const int64_t numel : {5, 300000}) {
      c10d::ReduceOptions options;
      options.rootRank = self.size - 1;
      const at::Tensor mine = Numbers(numel, at::kFloat, self.rank);
      Tensors tensors = {mine.clone()};
      Tensors sum = {mine.clone()};
      self.gloo->allreduce(sum)->wait();

      self.shm->reduce(tensors, options)->wait();

      const bool is_root = self.rank == options.rootRank;
      EXPECT_TRUE(tensors[0].equal(is_root ? sum[0] : mine)) << numel;
    }
  });
}

TEST_P(SharedMemoryBackendOfSize, AllReduceCoalescedEqualsSingleOnes) {
  RunRanks(size(), [](Rank& self) {
    Tensors tensors, expected;
    for (const int64_t numel : {3, 0, 70000}) {
      tensors.push_back(Random({numel}, self.rank));
      expected.push_back(tensors.back().clone());
      Tensors single = {expected.back()};
      self.shm->allreduce(single)->wait();
    }
    tensors.push_back(Random({4, 5}, self.rank).t());
    expected.push_back(tensors.back().contiguous());
    Tensors single = {expected.back()};
    self.shm->allreduce(single)->wait();

    self.shm->allreduce_coalesced(tensors)->wait();

    EXPECT_TRUE(Equal(tensors, expected));
  });
}

TEST_P(SharedMemoryBackendOfSize, BroadcastsFromEveryRank) {
  RunRanks(size(), [](Rank& self) {
    for (int root = 0; root < self.size; ++root) {
      for (const int64_t numel : kSizes) {
        c10d::BroadcastOptions options;
        options.rootRank = root;
        Tensors tensors = {Random({numel}, self.rank)};

        self.shm->broadcast(tensors, options)->wait();

        EXPECT_TRUE(tensors[0].equal(Random({numel}, root))) << numel;
      }
      c10d::BroadcastOptions options;
      options.rootRank = root;
      Tensors transposed = {Random({30, 50}, self.rank).t()};
      self.shm->broadcast(transposed, options)->wait();
      EXPECT_TRUE(transposed[0].equal(Random({30, 50}, root).t()));
    }
  });
}

TEST_P(SharedMemoryBackendOfSize, GathersEveryRanksTensor) {
  RunRanks(size(), [](Rank& self) {
    for (const int64_t numel : kSizes) {
      Tensors expected;
      for (int rank = 0; rank < self.size; ++rank) {
        expected.push_back(Random({numel}, rank));
      }
      Tensors inputs = {expected[self.rank].clone()};
      std::vector<Tensors> lists(1);
      for (int rank = 0; rank < self.size; ++rank) {
        lists[0].push_back(at::empty({numel}));
      }
      at::Tensor whole = at::empty({self.size * numel});

      self.shm->allgather(lists, inputs)->wait();
      self.shm->_allgather_base(whole, inputs[0])->wait();

      EXPECT_TRUE(Equal(lists[0], expected)) << numel;
      EXPECT_TRUE(whole.equal(at::cat(expected))) << numel;
    }
  });
}

TEST_P(SharedMemoryBackendOfSize, GathersInPlaceAndCoalesced) {
  RunRanks(size(), [](Rank& self) {
    Tensors wholes, parts, expected;
    for (const int64_t numel : {3, 100000}) {
      at::Tensor whole = at::zeros({self.size, numel});
      whole[self.rank].copy_(Random({numel}, self.rank));
      parts.push_back(whole[self.rank]);
      wholes.push_back(whole);
      Tensors all;
      for (int r = 0; r < self.size; ++r) all.push_back(Random({numel}, r));
      expected.push_back(at::stack(all));
    }

    self.shm->allgather_into_tensor_coalesced(wholes, parts)->wait();

    EXPECT_TRUE(Equal(wholes, expected));
  });
}

TEST_P(SharedMemoryBackendOfSize, GathersToAndScattersFromOneRank) {
  RunRanks(size(), [](Rank& self) {
    const int root = self.size / 2;
    for (const int64_t numel : {0, 3, 70000, 200000}) {
      Tensors inputs = {Random({numel}, self.rank)};
      Tensors back = {at::zeros({numel})};
      std::vector<Tensors> lists;
      if (self.rank == root) {
        lists.emplace_back();
        for (int r = 0; r < self.size; ++r) {
          lists[0].push_back(at::zeros({numel}));
        }
      }
      c10d::GatherOptions gather;
      gather.rootRank = root;
      c10d::ScatterOptions scatter;
      scatter.rootRank = root;

      self.shm->gather(lists, inputs, gather)->wait();
      self.shm->scatter(back, lists, scatter)->wait();

      EXPECT_TRUE(back[0].equal(inputs[0])) << numel;
      if (self.rank == root) {
        for (int r = 0; r < self.size; ++r) {
          EXPECT_TRUE(lists[0][r].equal(Random({numel}, r))) << numel;
        }
      }
    }
  });
}

TEST_P(SharedMemoryBackendOfSize, ReduceScatterIsAPartOfAllReduce) {
  RunRanks(size(), [](Rank& self) {
    for (const int64_t numel : {0, 3, 16385, 70000}) {
      for (const auto op : {ReduceOp::SUM, ReduceOp::AVG, ReduceOp::MAX}) {
        at::Tensor whole = Random({self.size, numel}, self.rank);
        Tensors reduced = {whole.clone()};
        c10d::AllreduceOptions allreduce;
        allreduce.reduceOp = op;
        self.shm->allreduce(reduced, allreduce)->wait();
        Tensors outputs = {at::zeros({numel})};
        std::vector<Tensors> lists = {whole.unbind()};
        c10d::ReduceScatterOptions options;
        options.reduceOp = op;

        self.shm->reduce_scatter(outputs, lists, options)->wait();
        // In place, as sharded training has it.
        at::Tensor part = whole[self.rank];
        self.shm->_reduce_scatter_base(part, whole, options)->wait();

        EXPECT_TRUE(outputs[0].equal(reduced[0][self.rank])) << numel;
        EXPECT_TRUE(part.equal(reduced[0][self.rank])) << numel;
      }
    }
  });
}

TEST_P(SharedMemoryBackendOfSize, ExchangesUnequalPieces) {
  RunRanks(size(), [](Rank& self) {
    // Rank i sends (i + 2 j) * 9000 rows to rank j.
    std::vector<int64_t> input_sizes, output_sizes;
    for (int r = 0; r < self.size; ++r) {
      input_sizes.push_back((self.rank + 2 * r) * 9000);
      output_sizes.push_back((r + 2 * self.rank) * 9000);
    }
    const auto total = [](const std::vector<int64_t>& sizes) {
      int64_t sum = 0;
      for (const int64_t size : sizes) sum += size;
      return sum;
    };
    at::Tensor input = Random({total(input_sizes), 2}, self.rank);
    at::Tensor output = at::zeros({total(output_sizes), 2});
    at::Tensor expected = at::zeros_like(output);
    // Gloo moves the sizes away.
    std::vector<int64_t> output_copy = output_sizes, input_copy = input_sizes;
    self.gloo->alltoall_base(expected, input, output_copy, input_copy)->wait();

    self.shm->alltoall_base(output, input, output_sizes, input_sizes)->wait();

    EXPECT_TRUE(output.equal(expected));
    Tensors inputs = input.split_with_sizes(input_sizes);
    Tensors outputs = at::zeros_like(output).split_with_sizes(output_sizes);
    self.shm->alltoall(outputs, inputs)->wait();
    EXPECT_TRUE(Equal(outputs, expected.split_with_sizes(output_sizes)));
  });
}

TEST_P(SharedMemoryBackendOfSize, ExchangesEqualPiecesWithoutSizes) {
  RunRanks(size(), [](Rank& self) {
    for (const int64_t rows : {0, 4}) {
      std::vector<int64_t> no_sizes;
      at::Tensor input = at::full({rows * self.size, 2}, self.rank);
      at::Tensor output = at::zeros_like(input);

      self.shm->alltoall_base(output, input, no_sizes, no_sizes)->wait();

      EXPECT_TRUE(output.equal(at::arange(self.size)
                                   .repeat_interleave(rows)
                                   .to(output.scalar_type())
                                   .unsqueeze(1)
                                   .expand({-1, 2})));
    }
  });
}

TEST_P(SharedMemoryBackendOfSize, KeepsManyInFlightInOrder) {
  RunRanks(size(), [](Rank& self) {
    std::vector<Tensors> tensors;
    std::vector<c10::intrusive_ptr<c10d::Work>> works;
    for (int i = 0; i < 200; ++i) {
      const int64_t numel = i % 7 == 0 ? 100000 + i : 10 * i;
      tensors.push_back({at::full({numel}, self.rank + i, at::kInt)});
    }

    for (int i = 0; i < 200; ++i) {
      c10d::AllreduceOptions options;
      options.asyncOp = i % 10 != 9;
      if (i % 3 == 0) {
        works.push_back(self.shm->broadcast(tensors[i]));
      } else {
        works.push_back(self.shm->allreduce(tensors[i], options));
      }
    }
    for (int i = 199; i >= 0; --i) works[i]->wait();

    const int sum_of_ranks = self.size * (self.size - 1) / 2;
    for (int i = 0; i < 200; ++i) {
      const int expected = i % 3 == 0 ? i : self.size * i + sum_of_ranks;
      EXPECT_TRUE(tensors[i][0].eq(expected).all().item<bool>()) << i;
    }
    self.shm->barrier()->wait();
  });
}

TEST(SharedMemoryBackend, GivesFuturesTheTensors) {
  RunRanks(2, [](Rank& self) {
    Tensors tensors = {at::full({3}, self.rank + 1.0F)};

    const auto future = self.shm->allreduce(tensors)->getFuture();
    const auto scaled = future->then(
        [](c10::ivalue::Future& done) {
          return c10::IValue(done.value().toTensorVector()[0] * 2);
        },
        c10::TensorType::get());
    scaled->wait();

    EXPECT_TRUE(scaled->value().toTensor().equal(at::full({3}, 6.0F)));
    EXPECT_TRUE(tensors[0].equal(at::full({3}, 3.0F)));
  });
}

TEST(SharedMemoryBackend, DescribesItself) {
  RunRanks(2, [](Rank& self) {
    EXPECT_EQ(self.shm->getBackendName(), "shm");
    EXPECT_EQ(self.shm->getRank(), self.rank);
    EXPECT_EQ(self.shm->getSize(), 2);
    EXPECT_EQ(self.shm->getBackendOptions()->timeout, std::chrono::minutes(1));
    self.shm->setTimeout(std::chrono::seconds(5));
    EXPECT_EQ(self.shm->getBackendOptions()->timeout, std::chrono::seconds(5));
    self.shm->setSequenceNumberForGroup();
    self.shm->monitoredBarrier(c10d::BarrierOptions(), false);
    EXPECT_EQ(self.shm->getSequenceNumberForGroup(), 1);
  });
}

TEST(SharedMemoryBackend, RefusesByName) {
  RunRanks(2, [](Rank& self) {
    Tensors tensors = {at::zeros({2})};
    try {
      self.shm->send(tensors, 1 - self.rank, 0);
      ADD_FAILURE() << "no error";
    } catch (const c10::Error& error) {
      EXPECT_THAT(error.what_without_backtrace(),
                  HasSubstr("shm does not support send"));
    }
    c10d::AllreduceOptions options;
    options.reduceOp = ReduceOp::BAND;
    EXPECT_THROW(self.shm->allreduce(tensors, options), c10::ValueError);
    c10d::BroadcastOptions broadcast;
    broadcast.rootRank = 2;
    EXPECT_THROW(self.shm->broadcast(tensors, broadcast), c10::ValueError);
  });
}

struct Difference {
  const char* name;
  std::function<c10::intrusive_ptr<c10d::Work>(Rank&)> call;
  const char* rank_0;
  const char* rank_1;
};

class RanksThatDiffer : public ::testing::TestWithParam<Difference> {};

TEST_P(RanksThatDiffer, FailOnAllWithBothCallsAndForGood) {
  RunRanks(3, [](Rank& self) {
    const auto work = GetParam().call(self);

    EXPECT_THROW(work->wait(), c10::ValueError);
    const std::string error = ErrorOf(work);
    EXPECT_THAT(error, AllOf(HasSubstr(absl::StrCat(
                                 "rank 1 is in ", GetParam().rank_1, " while")),
                             HasSubstr(absl::StrCat("rank 0 is in ",
                                                    GetParam().rank_0, "; "))));
    EXPECT_EQ(ErrorOf(self.shm->barrier()), error);
  });
}

INSTANTIATE_TEST_SUITE_P(
    Cases, RanksThatDiffer,
    ::testing::Values(
        Difference{"InSize",
                   [](Rank& self) {
                     Tensors tensors = {at::zeros({2 + self.rank % 2})};
                     return self.shm->allreduce(tensors);
                   },
                   "shm:all_reduce sum of 2 Float",
                   "shm:all_reduce sum of 3 Float"},
        Difference{"InDtype",
                   [](Rank& self) {
                     Tensors tensors = {at::zeros(
                         {2}, self.rank == 1 ? at::kInt : at::kFloat)};
                     return self.shm->broadcast(tensors);
                   },
                   "shm:broadcast 2 Float of rank 0",
                   "shm:broadcast 2 Int of rank 0"},
        Difference{"InReduction",
                   [](Rank& self) {
                     Tensors tensors = {at::zeros({2})};
                     c10d::AllreduceOptions options;
                     if (self.rank == 1) options.reduceOp = ReduceOp::MAX;
                     return self.shm->allreduce(tensors, options);
                   },
                   "shm:all_reduce sum of 2 Float",
                   "shm:all_reduce max of 2 Float"},
        Difference{"InRoot",
                   [](Rank& self) {
                     Tensors tensors = {at::zeros({2})};
                     c10d::BroadcastOptions options;
                     options.rootRank = self.rank % 2;
                     return self.shm->broadcast(tensors, options);
                   },
                   "shm:broadcast 2 Float of rank 0",
                   "shm:broadcast 2 Float of rank 1"},
        Difference{"InCollective",
                   [](Rank& self) {
                     Tensors tensors = {at::zeros({100000})};
                     return self.rank == 1 ? self.shm->barrier()
                                           : self.shm->allreduce(tensors);
                   },
                   "shm:all_reduce sum of 100000 Float", "shm:barrier of all"}),
    [](const auto& info) { return info.param.name; });

TEST(SharedMemoryBackend, FailsOnAllWherePiecesDiffer) {
  RunRanks(2, [](Rank& self) {
    Tensors inputs = {at::zeros({2}), at::zeros({3})};
    Tensors outputs = {at::zeros({2}), at::zeros({3})};

    const auto work = self.shm->alltoall(outputs, inputs);

    EXPECT_THAT(
        ErrorOf(work),
        ::testing::AnyOf(
            HasSubstr("rank 1 sends 8 bytes to rank 0, which expects 12"),
            HasSubstr("rank 0 sends 12 bytes to rank 1, which expects 8")));
  });
}

TEST(SharedMemoryBackend, FailsOnAllAfterARankFailedByItself) {
  RunRanks(3, [](Rank& self) {
    // Nothing can be written to one number that stands for four.
    at::Tensor expanded = at::zeros({1}).expand({4});
    Tensors tensors = {self.rank == 1 ? expanded : at::zeros({4})};
    const auto work = self.shm->allreduce(tensors);
    if (self.rank == 1) {
      EXPECT_THAT(ErrorOf(work), HasSubstr("single memory location"));
    }

    EXPECT_THAT(ErrorOf(self.shm->barrier()),
                HasSubstr("rank 1: shm:all_reduce sum of 4 Float: "));
  });
}

TEST(SharedMemoryBackend, FailsSoonWhereARankIsKilledAtWork) {
  RunRanks(
      3,
      [](Rank& self) {
        std::vector<c10::intrusive_ptr<c10d::Work>> works;
        Tensors tensors = {at::zeros({1 << 20})};
        for (int i = 0; i < 50; ++i) {
          works.push_back(self.shm->allreduce(tensors));
        }
        works[5]->wait();
        if (self.rank == 1) raise(SIGKILL);

        EXPECT_THROW(works.back()->wait(), c10::DistBackendError);
        EXPECT_THAT(ErrorOf(works.back()),
                    AllOf(HasSubstr("rank 1 (process "), HasSubstr("ended")));
        EXPECT_THAT(ErrorOf(self.shm->barrier()), HasSubstr("rank 1"));
        _exit(::testing::Test::HasFailure());  // Gloo would wait for rank 1
      },
      {0, -SIGKILL, 0});
}

TEST(SharedMemoryBackend, TimesOutNamingWhoIsMissing) {
  RunRanks(2, [](Rank& self) {
    c10d::BarrierOptions options;
    options.timeout = std::chrono::milliseconds(200);
    if (self.rank == 0) {
      const std::string error = ErrorOf(self.shm->barrier(options));
      EXPECT_THAT(error, AllOf(HasSubstr("timed out"),
                               HasSubstr("200ms for rank 1 in shm:barrier")));
    }
    self.gloo->barrier()->wait();
    EXPECT_THAT(ErrorOf(self.shm->barrier()), HasSubstr("timed out"));
  });
}

TEST(SharedMemoryBackend, AbortEndsTheWorksOfAll) {
  RunRanks(3, [](Rank& self) {
    Tensors tensors = {at::zeros({5})};
    if (self.rank == 2) self.shm->abort();

    const auto work = self.shm->allreduce(tensors);

    EXPECT_THAT(ErrorOf(work), HasSubstr("rank 2 aborted its collectives"));
  });
}

TEST(SharedMemoryBackend, ShutdownEndsWhatIsQueuedAndRefusesMore) {
  RunRanks(2, [](Rank& self) {
    Tensors tensors = {at::ones({300000})};
    const auto work = self.shm->allreduce(tensors);

    self.shm->shutdown();

    EXPECT_TRUE(work->isCompleted());
    EXPECT_TRUE(tensors[0].eq(2).all().item<bool>());
    EXPECT_THROW(self.shm->barrier(), c10::Error);
  });
}

}  // namespace
}  // namespace anneal::dist
