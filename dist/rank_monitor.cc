#include "dist/rank_monitor.h"

#include <signal.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "dist/control_frame.h"
#include "dist/deadline.h"
#include "logging/log.h"

namespace anneal::dist {
namespace {

// For the last line, in seconds: whoever holds the log may never let go.
constexpr unsigned kLastLineTimeout = 2;

// Whether a collective may have failed so because another rank is gone.
bool MayBeEcho(const absl::Status& error) {
  return absl::IsUnavailable(error) || absl::IsDeadlineExceeded(error);
}

}  // namespace

RankMonitor::RankMonitor(const Options& options,
                         std::function<void(const ControlMessage&)> send)
    : options_(options),
      send_(std::move(send)),
      watch_(&RankMonitor::Watch, this) {}

RankMonitor::~RankMonitor() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_stopping_ = true;
  }
  changed_.notify_all();
  watch_.join();
}

void RankMonitor::SetInterrupt(std::function<void()> interrupt) {
  {
    const std::lock_guard<std::mutex> lock(interrupt_mutex_);
    interrupt_ = std::move(interrupt);
  }
  if (has_failed_) Interrupt();
}

void RankMonitor::Interrupt() {
  const std::lock_guard<std::mutex> lock(interrupt_mutex_);
  if (interrupt_ != nullptr) std::exchange(interrupt_, nullptr)();
}

absl::Status RankMonitor::Fail(const absl::Status& own) {
  ANNEAL_CHECK(!own.ok()) << "a rank fails with an error";
  std::unique_lock<std::mutex> lock(mutex_);
  if (HaveAllLeft()) {
    if (late_.ok()) late_ = own;
    return own;
  }
  is_out_ = true;
  const bool was_first = failure_.ok();
  absl::Status told = own;
  if (failure_.ok() && MayBeEcho(own)) told = AwaitCause(own, &lock);
  if (failure_.ok()) {
    own_ = told;
    SendFailed(OwnLine());
    // Without a hub nobody else's failure can come first.
    if (!WaitForFailure(options_.grace, &lock)) SetFailure(told);
  }
  end_at_ = Clock::now() + absl::ToChronoNanoseconds(options_.grace);
  const absl::Status cause = failure_;
  lock.unlock();
  if (was_first && !MayBeEcho(own) && cause != told) {
    ANNEAL_LOG(ERROR) << own.message() << " (another rank failed before)";
  }
  return cause;
}

absl::Status RankMonitor::AwaitCause(const absl::Status& own,
                                     std::unique_lock<std::mutex>* lock) {
  const CollectiveTrace::Standing standing = trace_.standing();
  const int64_t sequence = standing.finished + 1;
  const bool is_inside = standing.entered >= sequence;
  if (is_inside) SendBlocked(sequence, /*asks=*/true);
  if (WaitForFailure(options_.echo_wait, lock) || !is_inside) return own;
  const std::string behind =
      standings_.WhoIsBehind(sequence, trace_.What(sequence));
  if (behind.empty()) return own;
  return absl::Status(own.code(), absl::StrCat(own.message(), "; ", behind));
}

absl::Status RankMonitor::Leave() {
  std::unique_lock<std::mutex> lock(mutex_);
  if (failure_.ok() && !HaveAllLeft()) {
    ControlMessage message;
    message.mutable_left()->set_collectives(trace_.standing().entered);
    send_(message);
    const bool is_over =
        changed_.wait_until(lock, DeadlineAfter(options_.leave_timeout),
                            [this] { return !failure_.ok() || HaveAllLeft(); });
    if (!is_over) FailForMissing(&lock);
  }
  is_out_ = true;
  end_at_ = Clock::now() + absl::ToChronoNanoseconds(options_.grace);
  return failure_.ok() ? late_ : failure_;
}

void RankMonitor::FailForMissing(std::unique_lock<std::mutex>* lock) {
  const std::string line = absl::StrCat(
      standings_.WhoHasNotLeft(options_.world_size), ", ",
      absl::FormatDuration(options_.leave_timeout), " after rank ",
      options_.rank,
      " did; see what hangs there after the last collective, or raise the "
      "timeout if it only takes long");
  SendFailed(line);
  // The last may leave just now: the hub's order decides.
  changed_.wait_for(*lock, absl::ToChronoNanoseconds(options_.grace),
                    [this] { return !failure_.ok() || HaveAllLeft(); });
  if (!HaveAllLeft()) SetFailure(absl::AbortedError(line));
}

absl::Status RankMonitor::status() const {
  if (!has_failed_) return absl::OkStatus();
  const std::lock_guard<std::mutex> lock(mutex_);
  return failure_;
}

void RankMonitor::OnMessage(const ControlMessage& message) {
  bool has_to_interrupt = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    Take(message);
    has_to_interrupt = !failure_.ok() && !is_out_;
  }
  changed_.notify_all();
  if (has_to_interrupt) Interrupt();
}

void RankMonitor::Take(const ControlMessage& message) {
  if (HaveAllLeft()) return;
  const int rank = message.rank();
  switch (message.body_case()) {
    case ControlMessage::kLeft:
      standings_.Record(rank, message.left());
      break;
    case ControlMessage::kLost: {
      const std::string line =
          absl::StrCat("rank ", rank, " was lost: ", message.lost().reason());
      SetFailure(absl::AbortedError(line));
      // If it has only stood still, it learns so why the others are gone.
      if (rank == 0) SendFailed(line);
      break;
    }
    case ControlMessage::kFailed: {
      const bool is_own = rank == options_.rank && !own_.ok() &&
                          message.failed().line() == CutText(OwnLine());
      SetFailure(is_own ? own_ : absl::AbortedError(message.failed().line()));
      break;
    }
    case ControlMessage::kBlocked:
      standings_.Record(rank, message.blocked());
      if (rank != options_.rank && failure_.ok()) Answer(message.blocked());
      break;
    case ControlMessage::kBehind:
      standings_.Record(rank, message.behind());
      break;
    default:
      break;
  }
}

void RankMonitor::Answer(const Blocked& blocked) {
  const CollectiveTrace::Standing standing = trace_.standing();
  const std::string what = trace_.What(blocked.sequence());
  if (!what.empty() && what != blocked.what()) {
    // Once: those that hear it differ too, and answer. An answer to an answer
    // is wanted, for the line that names every rank.
    if (blocked.sequence() <= answered_) return;
    answered_ = blocked.sequence();
    if (answered_ != blocked_in_) SendBlocked(answered_, /*asks=*/false);
  } else if (blocked.asks() && standing.entered < blocked.sequence()) {
    ControlMessage message;
    message.mutable_behind()->set_finished(standing.finished);
    message.mutable_behind()->set_seconds(
        absl::ToDoubleSeconds(standing.since));
    send_(message);
    behind_ = blocked.sequence();
  }
}

void RankMonitor::SetFailure(const absl::Status& failure) {
  if (!failure_.ok()) return;
  failure_ = failure;
  end_at_ = Clock::now() + absl::ToChronoNanoseconds(options_.grace);
  has_failed_ = true;
  changed_.notify_all();
}

bool RankMonitor::WaitForFailure(absl::Duration timeout,
                                 std::unique_lock<std::mutex>* lock) {
  return changed_.wait_for(*lock, absl::ToChronoNanoseconds(timeout),
                           [this] { return !failure_.ok(); });
}

void RankMonitor::Watch() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!is_stopping_) {
    if (failure_.ok()) {
      const bool is_over = changed_.wait_for(
          lock, absl::ToChronoNanoseconds(options_.blocked_after / 4),
          [this] { return is_stopping_ || !failure_.ok(); });
      if (!is_over) LookAtCollectives();
    } else if (Clock::now() < end_at_) {
      changed_.wait_until(lock, end_at_);
    } else {
      EndProcess(failure_);
    }
  }
}

std::string RankMonitor::OwnLine() const {
  return absl::StrCat("rank ", options_.rank, " failed: ", own_.message());
}

void RankMonitor::LookAtCollectives() {
  const CollectiveTrace::Standing standing = trace_.standing();
  const int64_t sequence = standing.finished + 1;
  if (standing.entered >= sequence && standing.since > options_.blocked_after) {
    const std::string left =
        standings_.LeftWithout(options_.rank, sequence, trace_.What(sequence));
    if (!left.empty()) SendFound(left);
    if (sequence != blocked_in_) SendBlocked(sequence, /*asks=*/false);
    blocked_in_ = sequence;
  }
  if (behind_ != 0 && standing.entered >= behind_) {
    SendBlocked(std::exchange(behind_, 0), /*asks=*/false);
  }
  // The line is to name every rank: others may still have to tell.
  const std::string disagreement = standings_.Disagreement();
  if (!disagreement.empty() && disagreement == seen_disagreement_) {
    SendFound(disagreement);
  }
  seen_disagreement_ = disagreement;
}

void RankMonitor::SendFound(const std::string& line) {
  if (!std::exchange(has_sent_found_, true)) SendFailed(line);
}

void RankMonitor::SendBlocked(int64_t sequence, bool asks) {
  ControlMessage message;
  message.mutable_blocked()->set_sequence(sequence);
  message.mutable_blocked()->set_what(trace_.What(sequence));
  message.mutable_blocked()->set_asks(asks);
  send_(message);
}

void RankMonitor::SendFailed(const std::string& line) {
  ControlMessage message;
  message.mutable_failed()->set_line(CutText(line));
  send_(message);
}

void RankMonitor::EndProcess(const absl::Status& failure) {
  signal(SIGALRM, SIG_DFL);
  sigset_t alarms;
  sigemptyset(&alarms);
  sigaddset(&alarms, SIGALRM);
  pthread_sigmask(SIG_UNBLOCK, &alarms, nullptr);
  alarm(kLastLineTimeout);
  ANNEAL_LOG(ERROR) << failure.message();
  // Not exit: destructors may wait for what never comes.
  _exit(1);
}

}  // namespace anneal::dist
