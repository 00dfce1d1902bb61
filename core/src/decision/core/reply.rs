//! What the server says, and what follows from it.

use super::{Ask, Core, Effect, Moment, STRAGGLER_MILLIS};
use crate::decision::answer::{Answer, Problem, Verdict, enter_receipt, verdict};
use crate::decision::backoff::{next_random, pause_millis};
use crate::decision::intent::{Cause, Finding, Intent, Stage};

/// The same after an answer that settled nothing: browsers and proxies repeat a request by themselves when a connection
/// breaks, and the other copy may come later.
const TWIN_MILLIS: u64 = 10_000;

impl Core {
    /// An answer came for a request, or none. A receipt counts whenever it comes; all else only for the request that is
    /// awaited.
    pub fn answered(&mut self, key: &str, attempt: u32, answer: Answer, at: Moment) -> Vec<Effect> {
        self.begin(at);
        let live = self.position(key).filter(|index| self.intents[*index].is_live());
        let awaited = live.and_then(|index| match self.intents[index].stage {
            Stage::Flying(since_millis) if self.intents[index].attempt == attempt => Some(since_millis),
            _ => None,
        });
        match (answer, live, awaited) {
            (Answer::Receipt(results), Some(index), _) => {
                self.throttles = 0;
                enter_receipt(&mut self.intents[index].entries, &results);
                self.settle(index, awaited);
                self.effects.push(Effect::Changed);
            }
            (Answer::NoAnswer | Answer::Unreadable, Some(index), Some(since_millis)) => {
                self.doubt(index, since_millis, None);
            }
            (Answer::Problem(problem), Some(index), Some(since_millis)) => {
                self.take_problem(index, since_millis, problem);
            }
            // The limit is the user's, not the request's.
            (Answer::Problem(problem), _, None) if verdict(&problem) == Verdict::Throttled => {
                self.slow_down(problem.retry_after_millis);
            }
            _ => {}
        }
        self.end()
    }

    pub(super) fn take_problem(&mut self, index: usize, since_millis: u64, problem: Problem) {
        match verdict(&problem) {
            Verdict::Doubt => self.doubt(index, since_millis, problem.retry_after_millis),
            Verdict::Throttled => {
                let until_millis = self.slow_down(problem.retry_after_millis);
                let imposed = true;
                let intent = &mut self.intents[index];
                intent.straggle(self.now_millis + TWIN_MILLIS);
                // The pause holds for the next page too.
                intent.is_written = false;
                intent.stage = Stage::Waiting {
                    until_millis,
                    imposed,
                };
            }
            Verdict::SignedOut => self.take_rejection(index, Ask::SignedOut),
            Verdict::TokenRefused => self.take_rejection(index, Ask::Token),
            Verdict::TurnedDown(refused) => {
                if refused.is_limit {
                    self.effects.push(Effect::AskSession(Ask::Limit));
                }
                let intent = &mut self.intents[index];
                if since_millis < intent.straggling_until_millis && !refused.is_lasting {
                    self.again(index, problem.retry_after_millis);
                } else {
                    let Problem {
                        status, word, detail, ..
                    } = problem;
                    let finding = Finding::Refused {
                        cause: Cause::Problem { status, word },
                        detail,
                        can_retry: refused.can_retry,
                    };
                    for entry in &mut intent.entries {
                        if entry.finding == Finding::Open {
                            entry.finding = finding.clone();
                        }
                    }
                    self.settle(index, None);
                }
            }
        }
        self.effects.push(Effect::Changed);
    }

    /// The session or its token was refused. The first time it goes at once when the session is there; a backend that
    /// refuses every session is not asked without pause.
    pub(super) fn take_rejection(&mut self, index: usize, ask: Ask) {
        let rejections = self.intents[index].rejections;
        let pause = match rejections {
            0 => 0,
            _ => pause_millis(rejections + 1, None, true, next_random(&mut self.random)),
        };
        self.intents[index].rejections = rejections.saturating_add(1);
        self.intents[index].straggle(self.now_millis + TWIN_MILLIS);
        self.intents[index].stage = Stage::Waiting {
            until_millis: self.now_millis + pause,
            imposed: true,
        };
        self.shut(ask);
    }

    /// Nothing goes before the time that the backend gave. Answers with that time.
    pub(super) fn slow_down(&mut self, retry_after_millis: Option<u64>) -> u64 {
        self.throttles = self.throttles.saturating_add(1);
        let pause = pause_millis(
            self.throttles,
            retry_after_millis,
            true,
            next_random(&mut self.random),
        );
        self.not_before_millis = self.not_before_millis.max(self.now_millis + pause);
        self.not_before_millis
    }

    /// An attempt of unknown fate: the same again, later.
    pub(super) fn doubt(&mut self, index: usize, since_millis: u64, retry_after_millis: Option<u64>) {
        let intent = &mut self.intents[index];
        intent.is_doubtful = true;
        intent.straggle(since_millis + STRAGGLER_MILLIS);
        self.again(index, retry_after_millis);
    }

    pub(super) fn again(&mut self, index: usize, retry_after_millis: Option<u64>) {
        let intent = &mut self.intents[index];
        intent.failures = intent.failures.saturating_add(1);
        let pause = pause_millis(
            intent.failures,
            retry_after_millis,
            false,
            next_random(&mut self.random),
        );
        let until_millis = self.now_millis + pause;
        let imposed = retry_after_millis.is_some();
        if imposed {
            intent.asked_until_millis = until_millis;
            intent.is_written = false;
        }
        intent.stage = Stage::Waiting {
            until_millis,
            imposed,
        };
        self.effects.push(Effect::Changed);
    }

    /// Follows from what is proven now; `since_millis` if an answer was awaited and left something open.
    pub(super) fn settle(&mut self, index: usize, since_millis: Option<u64>) {
        if self.intents[index].has_open() {
            if let Some(since_millis) = since_millis {
                self.doubt(index, since_millis, None);
            }
        } else if self.intents[index]
            .entries
            .iter()
            .any(|it| matches!(it.finding, Finding::Unfamiliar { .. }))
        {
            self.intents[index].stage = Stage::Stalled;
        } else {
            // Whoever seemed to ask for it while this page slept, it was this one that was answered.
            self.intents[index].tab.clone_from(&self.tab);
            self.intents[index].stage = Stage::Settled;
            self.intents[index].is_written = false;
        }
        self.note_decided(index..index + 1);
        let intent = &self.intents[index];
        for entry in &intent.entries {
            if matches!(entry.finding, Finding::Done { .. } | Finding::Refused { .. })
                && self.locks.get(&entry.item.id) == Some(&intent.key)
            {
                self.locks.remove(&entry.item.id);
            }
        }
        // What another intent still has open of these items stays locked by it.
        let may_lock = |intent: &Intent| intent.is_elsewhere() || intent.stage == Stage::Stalled;
        if self.intents.iter().any(may_lock) {
            self.relock();
        }
    }
}
