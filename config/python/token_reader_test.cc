#include "config/python/token_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace anneal::config::python {
namespace {

using ::testing::HasSubstr;

class TokenReaderTest : public ::testing::Test {
 protected:
  TokenReader& Read(const std::string& text) {
    source_.path = std::make_shared<const std::string>("a.py");
    LexStart start;
    start.origin = source_.path;
    text_ = text;
    tokens_ = *Lex(text_, start);
    reader_ = std::make_unique<TokenReader>(source_, &tokens_.tokens);
    return *reader_;
  }

 private:
  std::string text_;
  Source source_;
  Tokens tokens_;
  std::unique_ptr<TokenReader> reader_;
};

TEST_F(TokenReaderTest, TakesWhatIsThereOnly) {
  TokenReader& reader = Read("if a == 'if'\n");

  EXPECT_FALSE(reader.TakeOperator("if"));
  EXPECT_FALSE(reader.TakeKeyword("a"));
  EXPECT_TRUE(reader.TakeKeyword("if"));
  EXPECT_EQ(reader.peek_next().text, "==");
  EXPECT_EQ(*reader.Identifier(), "a");
  EXPECT_FALSE(reader.TakeOperator("="));
  EXPECT_TRUE(reader.TakeOperator("=="));
  EXPECT_FALSE(reader.IsKeyword("if")) << "a string is no word";
}

TEST_F(TokenReaderTest, SaysWhatStandsWhereAnotherWasExpected) {
  TokenReader& reader = Read("x + for\n");
  reader.Skip();

  EXPECT_EQ(std::string(reader.Expect(")").message()),
            "a.py:1:3: expected \")\", found \"+\"");
  EXPECT_EQ(std::string(reader.ExpectKeyword("in").message()),
            "a.py:1:3: expected \"in\", found \"+\"");
  reader.Skip();
  EXPECT_EQ(std::string(reader.Identifier().status().message()),
            "a.py:1:5: expected a name, found \"for\"");
  reader.Skip();
  EXPECT_EQ(std::string(reader.Expect(")").message()),
            "a.py:1:8: expected \")\", found the end of the line");
  reader.Skip();
  EXPECT_THAT(std::string(reader.Expect(")").message()),
              HasSubstr("found the end of the file"));
}

TEST_F(TokenReaderTest, CutsWhatItFoundForAMessage) {
  TokenReader& reader = Read(std::string(100, 'x'));

  EXPECT_EQ(reader.Described(), "\"" + std::string(40, 'x') + "\"");
}

}  // namespace
}  // namespace anneal::config::python
