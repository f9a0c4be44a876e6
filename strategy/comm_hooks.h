// What gradients go through on their way between ranks.
#ifndef ANNEAL_STRATEGY_COMM_HOOKS_H_
#define ANNEAL_STRATEGY_COMM_HOOKS_H_

#include <c10/util/intrusive_ptr.h>

#include <string>
#include <vector>

namespace c10d {
class ProcessGroup;
class Reducer;
}  // namespace c10d

namespace anneal {

// torch's names of the hooks there are: allreduce_hook averages the gradients
// as they are, fp16_compress_hook and bf16_compress_hook as float16 and
// bfloat16, divided by the number of ranks before they are summed. The
// gradients keep their dtype.
const std::vector<std::string>& CommHookNames();

// Has the reducer send each bucket of gradients through the hook `name`; once,
// before its first backward. Dies if there is no such hook.
void RegisterCommHook(const std::string& name,
                      const c10::intrusive_ptr<c10d::ProcessGroup>& group,
                      c10d::Reducer* reducer);

}  // namespace anneal

#endif  // ANNEAL_STRATEGY_COMM_HOOKS_H_
