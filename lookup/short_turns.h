// SPDX-License-Identifier: MIT
/// ask_for_short_turns(): that this process answers soon on a processor that is busy otherwise.
#pragma once

namespace tlspact {

/// From Linux 6.12 on a process of the usual policy may say how long its turns are (sched(7),
/// sched_setattr(2): sched_runtime), and one with shorter turns than the one at work has its turn
/// as soon as it has something to do, instead of after up to 4 ms. It gets no more of the processor
/// by that, and needs no privilege. Its nice value stays. Elsewhere nothing changes: an answer is
/// late then, and right.
void ask_for_short_turns();

}  // namespace tlspact
