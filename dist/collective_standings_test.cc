#include "dist/collective_standings.h"

#include <gtest/gtest.h>

#include <string>

namespace anneal::dist {
namespace {

Blocked In(int64_t sequence, const std::string& what) {
  Blocked blocked;
  blocked.set_sequence(sequence);
  blocked.set_what(what);
  return blocked;
}

Behind Finished(int64_t sequence, double seconds) {
  Behind behind;
  behind.set_finished(sequence);
  behind.set_seconds(seconds);
  return behind;
}

Left LeftAfter(int64_t collectives) {
  Left left;
  left.set_collectives(collectives);
  return left;
}

TEST(CollectiveStandings, FindsNothingWhereAllAgree) {
  CollectiveStandings standings;
  standings.Record(0, In(14, "barrier"));
  standings.Record(1, In(14, "barrier"));
  standings.Record(2, In(15, "all_reduce"));

  EXPECT_EQ(standings.Disagreement(), "");
}

TEST(CollectiveStandings, NamesThoseThatDisagreeTheFewestFirst) {
  CollectiveStandings standings;
  standings.Record(0, In(14, "all_reduce float [1024]"));
  standings.Record(1, In(14, "barrier"));
  standings.Record(2, In(14, "all_reduce float [1024]"));

  EXPECT_EQ(standings.Disagreement(),
            "the ranks disagree on the 14th collective: that of rank 1 is "
            "barrier, that of ranks 0, 2 is all_reduce float [1024]; one of "
            "them left a collective out or ordered them otherwise");
}

TEST(CollectiveStandings, FindsADisagreementBehindOthers) {
  CollectiveStandings standings;
  standings.Record(1, In(3, "barrier"));
  standings.Record(0, In(2, "barrier"));
  standings.Record(1, In(2, "broadcast from 1"));

  EXPECT_NE(standings.Disagreement().find("the 2nd collective"),
            std::string::npos);
}

TEST(CollectiveStandings, RemembersTheLastSequences) {
  CollectiveStandings standings;
  standings.Record(0, In(1, "barrier"));
  for (int i = 2; i < 1000; ++i) standings.Record(0, In(i, "barrier"));

  standings.Record(1, In(1, "other"));
  EXPECT_EQ(standings.Disagreement(), "");
  standings.Record(1, In(990, "other"));
  EXPECT_NE(standings.Disagreement(), "");
}

TEST(CollectiveStandings, NamesARankThatLeftTooEarly) {
  CollectiveStandings standings;
  standings.Record(1, LeftAfter(13));

  EXPECT_EQ(standings.num_left(), 1);
  EXPECT_EQ(standings.LeftWithout(0, 13, "barrier"), "");
  EXPECT_EQ(standings.LeftWithout(0, 14, "all_reduce float [8]"),
            "rank 1 has left the run (it finished after 13 collectives), while "
            "rank 0 waits in its 14th, all_reduce float [8]");
}

TEST(CollectiveStandings, NamesThoseThatAreBehind) {
  CollectiveStandings standings;
  standings.Record(3, Finished(13, 31.2));
  standings.Record(2, Finished(14, 1));
  standings.Record(1, Finished(0, 40));

  EXPECT_EQ(standings.WhoIsBehind(14, "barrier"),
            "rank 1 has not entered the 14th collective (barrier); it has "
            "finished none, 40 s after it joined; rank 3 has not entered the "
            "14th collective (barrier); it last finished the 13th, 31 s ago");
  EXPECT_EQ(CollectiveStandings().WhoIsBehind(14, "barrier"), "");
}

TEST(CollectiveStandings, DoesNotBlameARankThatHasComeSince) {
  CollectiveStandings standings;
  standings.Record(1, Finished(13, 31));
  standings.Record(1, In(14, "barrier"));

  EXPECT_EQ(standings.WhoIsBehind(14, "barrier"), "");
  EXPECT_NE(standings.WhoIsBehind(15, "barrier"), "");
}

TEST(CollectiveStandings, NamesThoseThatHaveNotLeft) {
  CollectiveStandings standings;
  standings.Record(1, LeftAfter(13));
  EXPECT_EQ(standings.WhoHasNotLeft(4), "ranks 0, 2, 3 have not left the run");

  standings.Record(0, LeftAfter(13));
  standings.Record(3, LeftAfter(13));

  EXPECT_EQ(standings.WhoHasNotLeft(4), "rank 2 has not left the run");
}

TEST(CollectiveStandings, SpellsOrdinals) {
  const std::pair<int64_t, std::string> cases[] = {
      {1, "1st"},   {2, "2nd"},     {3, "3rd"},     {4, "4th"},
      {11, "11th"}, {12, "12th"},   {13, "13th"},   {21, "21st"},
      {22, "22nd"}, {103, "103rd"}, {111, "111th"}, {1012, "1012th"}};
  CollectiveStandings standings;
  standings.Record(1, LeftAfter(0));
  for (const auto& [number, ordinal] : cases) {
    EXPECT_NE(standings.LeftWithout(0, number, "barrier")
                  .find("its " + ordinal + ","),
              std::string::npos)
        << ordinal;
  }
}

}  // namespace
}  // namespace anneal::dist
