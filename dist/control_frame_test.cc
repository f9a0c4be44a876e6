#include "dist/control_frame.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <string>

namespace anneal::dist {
namespace {

using ::testing::HasSubstr;

ControlFrame FailedFrame(const std::string& line) {
  ControlFrame frame;
  frame.mutable_message()->mutable_failed()->set_line(line);
  return frame;
}

// The line of the next frame.
std::optional<std::string> Line(FrameReader* reader) {
  const std::optional<ControlFrame> frame = *reader->Next();
  if (!frame.has_value()) return std::nullopt;
  return frame->message().failed().line();
}

TEST(EncodeFrame, PutsTheLengthBeforeTheMessage) {
  ControlFrame frame;
  frame.mutable_hello()->set_rank(5);

  // hello is field 1 with 2 bytes, of which rank is field 1.
  EXPECT_EQ(EncodeFrame(frame), std::string("\x04\0\0\0\x0a\x02\x08\x05", 8));
}

TEST(FrameReader, PutsFramesTogetherFromSingleBytes) {
  const std::string bytes =
      EncodeFrame(FailedFrame("one")) + EncodeFrame(FailedFrame("two"));
  FrameReader reader;
  std::string lines;

  for (const char byte : bytes) {
    EXPECT_EQ(Line(&reader), std::nullopt);
    reader.Append({&byte, 1});
    if (byte != 'e' && byte != 'o') continue;
    const std::optional<std::string> line = Line(&reader);
    if (line.has_value()) lines += *line + ".";
  }

  EXPECT_EQ(lines, "one.two.");
}

TEST(FrameReader, TakesSeveralFramesAtOnce) {
  FrameReader reader;

  reader.Append(EncodeFrame(FailedFrame("one")) +
                EncodeFrame(FailedFrame("two")));

  EXPECT_EQ(Line(&reader), "one");
  EXPECT_EQ(Line(&reader), "two");
  EXPECT_EQ(Line(&reader), std::nullopt);
}

TEST(FrameReader, TakesAnEmptyFrame) {
  FrameReader reader;

  reader.Append(std::string(4, '\0'));

  const std::optional<ControlFrame> frame = *reader.Next();
  ASSERT_TRUE(frame.has_value());
  EXPECT_EQ(frame->body_case(), ControlFrame::BODY_NOT_SET);
}

TEST(FrameReader, RefusesALengthBeyondItsLimit) {
  FrameReader reader(/*max_bytes=*/100);
  reader.Append(EncodeFrame(FailedFrame(std::string(90, 'x'))));
  EXPECT_EQ(Line(&reader), std::string(90, 'x'));

  reader.Append(EncodeFrame(FailedFrame(std::string(100, 'x'))));

  const absl::Status status = reader.Next().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("a frame of 106 bytes; the most is 100"));
}

TEST(FrameReader, RefusesWhatIsNoMessage) {
  FrameReader reader;

  reader.Append(std::string("\x02\0\0\0\xff\xff", 6));

  EXPECT_EQ(reader.Next().status().code(), absl::StatusCode::kDataLoss);
}

TEST(FrameReader, SurvivesRandomBytes) {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    FrameReader reader;
    // A length that fits, so that the message is parsed.
    std::string bytes = {static_cast<char>(random() % 64), 0, 0, 0};
    while (bytes.size() < 68) bytes.push_back(static_cast<char>(random()));
    reader.Append(bytes);
    absl::StatusOr<std::optional<ControlFrame>> next = ControlFrame();
    while (next.ok() && next->has_value()) next = reader.Next();
    if (!next.ok()) {
      EXPECT_EQ(next.status().code(), absl::StatusCode::kDataLoss);
    }
  }
}

TEST(CutText, LeavesOutTheMiddleOfALongText) {
  const std::string most(kMaxTextBytes, 'x');

  EXPECT_EQ(CutText(most), most);
  const std::string cut = CutText("begin" + most + "end");
  EXPECT_LE(cut.size(), kMaxTextBytes);
  EXPECT_THAT(cut, testing::StartsWith("begin"));
  EXPECT_THAT(cut, HasSubstr("x [...] x"));
  EXPECT_THAT(cut, testing::EndsWith("end"));
}

TEST(EncodeFrameDeathTest, DiesOfAFrameThatNoReaderTakes) {
  EXPECT_DEATH(EncodeFrame(FailedFrame(std::string(kMaxFrameBytes, 'x'))),
               "a control frame of 65548 bytes");
}

}  // namespace
}  // namespace anneal::dist
