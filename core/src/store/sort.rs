//! Sorting in slices: distinct texts by their folded (or plain) bytes, four bytes at a time; rows by 32-bit keys, radix; and
//! few new ones into many sorted ones. Nothing here takes longer than its budget by more than a moment.

use std::cmp::Ordering;

use super::bitmap::Bitmap;
use super::dictionary::{Dictionary, compare_lowered};

/// Sorts the texts of a dictionary that are in it at the start.
#[derive(Debug)]
pub(super) struct TextSort {
    is_raw: bool,
    /// Codes, sorted where no group is left.
    codes: Vec<u32>,
    /// Places whose text is equal to the one before.
    same: Bitmap,
    groups: Vec<Group>,
    active: Option<Active>,
}

/// Places whose texts share their first `depth` bytes.
#[derive(Clone, Copy, Debug)]
struct Group {
    from: usize,
    until: usize,
    depth: usize,
}

/// The group that is being sorted. A key is 4 bytes of text, how many of them there are (5: more follow), and the place.
#[derive(Debug)]
struct Active {
    group: Group,
    keys: Vec<u64>,
    spare: Vec<u64>,
    /// Length of the sorted runs; 0 while keys are loaded.
    width: usize,
    next: usize,
}

const RUN: usize = 1 << 13;
const STEP: usize = 4;
const PLACE_BITS: u32 = 29;
const FEW: usize = 12;

impl TextSort {
    pub(super) fn new(dictionary: &Dictionary, is_raw: bool) -> Self {
        let codes: Vec<u32> = (1..=dictionary.len()).collect();
        Self {
            is_raw,
            groups: vec![Group {
                from: 0,
                until: codes.len(),
                depth: 0,
            }],
            codes,
            same: Bitmap::new(),
            active: None,
        }
    }

    /// Works until it is done or the budget (in units of some 20 ns) is used up. Whether it is done.
    pub(super) fn step(&mut self, dictionary: &Dictionary, budget: &mut i64) -> bool {
        while *budget > 0 {
            if let Some(active) = self.active.take() {
                self.go_on(active, dictionary, budget);
                continue;
            }
            let Some(group) = self.groups.pop() else {
                return true;
            };
            let n_texts = group.until - group.from;
            if n_texts <= FEW {
                *budget -= 4 * n_texts as i64;
                self.sort_few(group, dictionary);
            } else {
                self.active = Some(Active {
                    group,
                    keys: Vec::with_capacity(n_texts),
                    spare: Vec::new(),
                    width: 0,
                    next: 0,
                });
            }
        }
        self.groups.is_empty() && self.active.is_none()
    }

    fn bytes<'d>(&self, dictionary: &'d Dictionary, code: u32) -> &'d [u8] {
        if self.is_raw {
            dictionary.raw_bytes(code)
        } else {
            dictionary.folded_bytes(code)
        }
    }

    fn compare(&self, dictionary: &Dictionary, left: u32, right: u32, depth: usize) -> Ordering {
        let left = self.bytes(dictionary, left).get(depth..).unwrap_or_default();
        let right = self.bytes(dictionary, right).get(depth..).unwrap_or_default();
        if self.is_raw {
            left.cmp(right)
        } else {
            compare_lowered(left, right)
        }
    }

    fn sort_few(&mut self, group: Group, dictionary: &Dictionary) {
        for end in group.from + 1..group.until {
            let code = self.codes[end];
            let mut at = end;
            while at > group.from
                && self.compare(dictionary, code, self.codes[at - 1], group.depth) == Ordering::Less
            {
                self.codes[at] = self.codes[at - 1];
                at -= 1;
            }
            self.codes[at] = code;
        }
        for at in group.from + 1..group.until {
            if self.compare(dictionary, self.codes[at - 1], self.codes[at], group.depth) == Ordering::Equal {
                self.same.set(at as u32, true);
            }
        }
    }

    fn go_on(&mut self, mut active: Active, dictionary: &Dictionary, budget: &mut i64) {
        let group = active.group;
        let n_texts = group.until - group.from;
        if active.width == 0 {
            let until = (active.next + RUN).min(n_texts);
            for place in active.next..until {
                let text = self.bytes(dictionary, self.codes[group.from + place]);
                active
                    .keys
                    .push(self.key(text, group.depth) << PLACE_BITS | place as u64);
            }
            active.keys[active.next..until].sort_unstable();
            *budget -= 5 * (until - active.next) as i64;
            active.next = until;
            if until == n_texts {
                active.width = RUN;
                active.next = 0;
            }
        } else if active.width < n_texts {
            if active.spare.is_empty() {
                active.spare = vec![0; n_texts];
            }
            let middle = (active.next + active.width).min(n_texts);
            let until = (middle + active.width).min(n_texts);
            merge(
                &active.keys[active.next..middle],
                &active.keys[middle..until],
                &mut active.spare[active.next..until],
            );
            *budget -= (until - active.next) as i64 / 4;
            active.next = until;
            if until == n_texts {
                std::mem::swap(&mut active.keys, &mut active.spare);
                active.width *= 2;
                active.next = 0;
            }
        } else {
            self.split(&active);
            *budget -= n_texts as i64;
            return;
        }
        self.active = Some(active);
    }

    fn key(&self, text: &[u8], depth: usize) -> u64 {
        let rest = text.get(depth..).unwrap_or_default();
        let mut key = 0;
        for at in 0..STEP {
            let byte = rest.get(at).copied().unwrap_or(0);
            let byte = if self.is_raw {
                byte
            } else {
                byte.to_ascii_lowercase()
            };
            key = key << 8 | u64::from(byte);
        }
        key << 3 | rest.len().min(STEP + 1) as u64
    }

    /// Puts the codes of a sorted group in their places and finds the groups within it.
    fn split(&mut self, active: &Active) {
        let Group { from, until, depth } = active.group;
        let before = self.codes[from..until].to_vec();
        let place_mask = (1_u64 << PLACE_BITS) - 1;
        let mut start = 0;
        for (at, key) in active.keys.iter().enumerate() {
            self.codes[from + at] = before[(key & place_mask) as usize];
            let is_last = active
                .keys
                .get(at + 1)
                .is_none_or(|next| next >> PLACE_BITS != key >> PLACE_BITS);
            if !is_last {
                continue;
            }
            if at > start {
                let goes_on = (key >> PLACE_BITS) & 7 == STEP as u64 + 1;
                if goes_on {
                    self.groups.push(Group {
                        from: from + start,
                        until: from + at + 1,
                        depth: depth + STEP,
                    });
                } else {
                    for place in start + 1..=at {
                        self.same.set((from + place) as u32, true);
                    }
                }
            }
            start = at + 1;
        }
    }

    /// The codes in order.
    pub(super) fn into_codes(self) -> Vec<u32> {
        self.codes
    }

    /// The rank of each code (texts that fold alike share one), by code; that of code 0 means nothing.
    pub(super) fn into_ranks(self) -> Vec<u32> {
        let same = &self.same;
        ranks_of(&self.codes, &mut |at| same.has(at as u32))
    }
}

fn ranks_of(codes: &[u32], is_same: &mut dyn FnMut(usize) -> bool) -> Vec<u32> {
    let mut ranks = vec![0; codes.len() + 1];
    let mut rank = 0;
    for (at, code) in codes.iter().enumerate() {
        if at > 0 && !is_same(at) {
            rank += 1;
        }
        ranks[*code as usize] = rank;
    }
    ranks
}

/// Ranks of all texts of a dictionary from those of its first ones, where few came since.
pub(super) fn extended_ranks(dictionary: &Dictionary) -> Vec<u32> {
    let ranks = dictionary.ranks();
    let n_ranked = ranks.len().saturating_sub(1);
    let mut codes: Vec<u32> = Vec::with_capacity(dictionary.len() as usize);
    // A counting sort of the ranked codes by their ranks.
    let mut starts = vec![0_u32; n_ranked + 1];
    for rank in ranks.iter().skip(1) {
        starts[*rank as usize + 1] += 1;
    }
    for at in 1..starts.len() {
        starts[at] += starts[at - 1];
    }
    codes.resize(n_ranked, 0);
    for (code, rank) in ranks.iter().enumerate().skip(1) {
        let start = &mut starts[*rank as usize];
        codes[*start as usize] = code as u32;
        *start += 1;
    }
    insert_sorted(
        &mut codes,
        (n_ranked as u32 + 1..=dictionary.len()).collect(),
        &|left, right| dictionary.compare_folded(left, right),
    );
    let mut previous = 0;
    let mut same = Bitmap::new();
    for (at, code) in codes.iter().enumerate() {
        // Only a newcomer and its neighbours have to be compared; the others' ranks tell.
        let is_old = |code: u32| code as usize <= n_ranked;
        if at > 0 {
            let is_same = if is_old(previous) && is_old(*code) {
                ranks[previous as usize] == ranks[*code as usize]
            } else {
                dictionary.compare_folded(previous, *code) == Ordering::Equal
            };
            same.set(at as u32, is_same);
        }
        previous = *code;
    }
    ranks_of(&codes, &mut |at| same.has(at as u32))
}

/// Merges two sorted runs.
fn merge(left: &[u64], right: &[u64], out: &mut [u64]) {
    let (mut at_left, mut at_right) = (0, 0);
    for to in out {
        let is_left = match (left.get(at_left), right.get(at_right)) {
            (Some(left), Some(right)) => left <= right,
            (left, _) => left.is_some(),
        };
        if is_left {
            *to = left[at_left];
            at_left += 1;
        } else if let Some(key) = right.get(at_right) {
            *to = *key;
            at_right += 1;
        }
    }
}

/// Sorts `new` and puts it into what is sorted, behind its equals.
pub(super) fn insert_sorted(
    sorted: &mut Vec<u32>,
    mut new: Vec<u32>,
    compare: &dyn Fn(u32, u32) -> Ordering,
) {
    new.sort_by(|left, right| compare(*left, *right));
    let n_before = sorted.len();
    sorted.resize(n_before + new.len(), 0);
    let mut until = n_before;
    for (index, item) in new.iter().enumerate().rev() {
        // Most newcomers of a page go to one end.
        let at = if until > 0 && compare(sorted[until - 1], *item) != Ordering::Greater {
            until
        } else {
            sorted[..until].partition_point(|old| compare(*old, *item) != Ordering::Greater)
        };
        sorted.copy_within(at..until, at + index + 1);
        sorted[at + index] = *item;
        until = at;
    }
}

/// One stable pass of a radix sort over keys in the high 32 bits: by `bits` bits from `shift`.
pub(super) fn radix_pass(pairs: &[u64], out: &mut [u64], shift: u32, bits: u32) {
    let mask = (1_usize << bits) - 1;
    let mut starts = vec![0_u32; mask + 1];
    for pair in pairs {
        starts[(pair >> (32 + shift)) as usize & mask] += 1;
    }
    let mut sum = 0;
    for start in &mut starts {
        let count = *start;
        *start = sum;
        sum += count;
    }
    for pair in pairs {
        let start = &mut starts[(pair >> (32 + shift)) as usize & mask];
        if let Some(to) = out.get_mut(*start as usize) {
            *to = *pair;
        }
        *start += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fold::fold;
    use proptest::prelude::*;

    fn ranks_by_the_book(texts: &[String]) -> Vec<u32> {
        let mut folded: Vec<String> = texts.iter().map(|text| fold(text)).collect();
        folded.sort();
        folded.dedup();
        let mut ranks = vec![0];
        ranks.extend(
            texts
                .iter()
                .map(|text| folded.binary_search(&fold(text)).unwrap() as u32),
        );
        ranks
    }

    fn check(texts: &[String], n_first: usize) {
        let mut dictionary = Dictionary::new(3, None);
        let sorted = |texts: &[String], dictionary: &mut Dictionary| {
            for text in texts {
                dictionary.intern(text);
            }
            let mut job = TextSort::new(dictionary, false);
            while !job.step(dictionary, &mut 50) {}
            dictionary.set_ranks(job.into_ranks());
        };
        sorted(&texts[..n_first], &mut dictionary);
        for text in &texts[n_first..] {
            dictionary.intern(text);
        }
        assert_eq!(extended_ranks(&dictionary), ranks_by_the_book(texts));
        sorted(texts, &mut dictionary);
        assert_eq!(dictionary.ranks(), ranks_by_the_book(texts));
        let mut job = TextSort::new(&dictionary, true);
        while !job.step(&dictionary, &mut 50) {}
        let mut plain = texts.to_vec();
        plain.sort();
        let sorted: Vec<&str> = job
            .into_codes()
            .iter()
            .map(|code| dictionary.get(*code).unwrap())
            .collect();
        assert_eq!(sorted, plain);
    }

    #[test]
    fn long_runs_and_shared_prefixes_sort() {
        let texts: Vec<String> = (0..40_000_u32)
            .map(|number| {
                let mixed = number.wrapping_mul(0x9E37_79B1);
                format!("C:\\Windows\\System32\\{:x}", mixed >> (number % 29))
            })
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .rev()
            .collect();
        check(&texts, texts.len() - 100);
    }

    #[test]
    fn the_end_of_a_text_is_before_its_nul() {
        let texts: Vec<String> = (0..60)
            .map(|n| "\0".repeat(n))
            .chain((1..60).map(|n| "a".repeat(n)))
            .collect();
        check(&texts, 7);
    }

    proptest! {
        #[test]
        fn texts_sort_as_by_the_book(texts in proptest::collection::hash_set("[aAbB\0é É]{0,9}", 1..200), first in 0_usize..200) {
            let texts: Vec<String> = texts.into_iter().collect();
            check(&texts, first.min(texts.len()));
        }
    }
}
