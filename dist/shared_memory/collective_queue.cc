#include "dist/shared_memory/collective_queue.h"

#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/core/ivalue.h>
#include <ATen/core/jit_type.h>
#include <ATen/record_function.h>
#include <c10/util/Exception.h>

#include <exception>
#include <string>
#include <utility>

#include "utils/torch_status.h"

namespace anneal::dist {
namespace {

std::exception_ptr ExceptionOf(const absl::Status& status) {
  const c10::SourceLocation here = {__func__, __FILE__, __LINE__};
  const std::string message(status.message());
  if (absl::IsInvalidArgument(status)) {
    return std::make_exception_ptr(c10::ValueError(here, message));
  }
  return std::make_exception_ptr(c10::DistBackendError(here, message));
}

}  // namespace

class CollectiveQueue::QueuedWork : public c10d::Work {
 public:
  explicit QueuedWork(Collective collective)
      : Work(-1, collective.type, collective.title, collective.inputs),
        run_(std::move(collective.run)),
        outputs_(std::move(collective.outputs)),
        future_(c10::make_intrusive<c10::ivalue::Future>(
            c10::ListType::create(c10::TensorType::get()))) {}

  void Run() {
    const absl::Status status = CatchTorchError([&] {
      const at::AutoDispatchBelowADInplaceOrView below_autograd;
      const at::DisableRecordFunctionGuard unobserved;
      return run_();
    });
    run_ = nullptr;
    if (status.ok()) {
      future_->markCompleted(outputs_);
      finish();
    } else {
      const std::exception_ptr exception = ExceptionOf(status);
      future_->setError(exception);
      finish(exception);
    }
  }

  std::vector<at::Tensor> result() override { return outputs_; }
  c10::intrusive_ptr<c10::ivalue::Future> getFuture() override {
    return future_;
  }

 private:
  std::function<absl::Status()> run_;
  const std::vector<at::Tensor> outputs_;
  const c10::intrusive_ptr<c10::ivalue::Future> future_;
};

CollectiveQueue::CollectiveQueue() : thread_([this] { Loop(); }) {}

CollectiveQueue::~CollectiveQueue() { Stop(); }

c10::intrusive_ptr<c10d::Work> CollectiveQueue::Submit(Collective collective,
                                                       bool is_async) {
  auto work = c10::make_intrusive<QueuedWork>(std::move(collective));
  std::unique_lock<std::mutex> lock(mutex_);
  TORCH_CHECK(!is_stopped_, "the backend has been shut down");
  works_.push_back(work);
  if (is_async || is_running_ || works_.size() > 1) {
    changed_.notify_one();
  } else {
    RunFirst(lock);
  }
  return work;
}

void CollectiveQueue::Stop() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_stopped_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void CollectiveQueue::RunFirst(std::unique_lock<std::mutex>& lock) {
  const auto work = std::move(works_.front());
  works_.pop_front();
  is_running_ = true;
  lock.unlock();
  work->Run();
  lock.lock();
  is_running_ = false;
  if (!works_.empty() || is_stopped_) changed_.notify_one();
}

void CollectiveQueue::Loop() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] {
      return !is_running_ && (!works_.empty() || is_stopped_);
    });
    if (works_.empty()) return;
    RunFirst(lock);
  }
}

}  // namespace anneal::dist
