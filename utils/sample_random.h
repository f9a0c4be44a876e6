// Random numbers of one sample's augmentation.
#ifndef ANNEAL_UTILS_SAMPLE_RANDOM_H_
#define ANNEAL_UTILS_SAMPLE_RANDOM_H_

#include <cstdint>

namespace anneal {

// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number
// Generators, 2014), started from a mix of (seed, epoch, index): the same
// numbers for the same sample whatever thread or rank draws them. Eight bytes,
// copied freely.
class SampleRandom {
 public:
  SampleRandom(uint64_t seed, int64_t epoch, int64_t index)
      : state_(Mix(Mix(Mix(seed) + static_cast<uint64_t>(epoch)) +
                   static_cast<uint64_t>(index))) {}

  uint64_t Next() { return Mix(state_ += 0x9E3779B97F4A7C15); }

  // Real in [0, 1), with 53 random bits.
  double Uniform() { return static_cast<double>(Next() >> 11) * 0x1p-53; }

  // Integer in [low, high], both included; `high - low` is at least 0 and below
  // 2^63. Lemire's multiplication, whose bias is below 2^-32 for ranges below
  // 2^32.
  int64_t UniformInt(int64_t low, int64_t high) {
    const auto range = static_cast<uint64_t>(high) - low + 1;
    const auto scaled = static_cast<unsigned __int128>(Next()) * range;
    return low + static_cast<int64_t>(scaled >> 64);
  }

  // True with probability `p`.
  bool Bernoulli(double p) { return Uniform() < p; }

 private:
  static uint64_t Mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }

  uint64_t state_;
};

}  // namespace anneal

#endif  // ANNEAL_UTILS_SAMPLE_RANDOM_H_
