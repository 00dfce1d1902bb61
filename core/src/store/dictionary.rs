//! Distinct texts, numbered from 1 in the order in which they came (0 is a missing text), kept in arenas of 64 KB that never
//! move and found through small hash tables that grow one at a time, so that no single text costs more than a moment.

use std::cmp::Ordering;

use super::search::signature;
use crate::domain::fold::{fold, fold_char};

/// Texts one behind another in chunks; numbered from 0.
#[derive(Debug, Default)]
pub(super) struct Texts {
    chunks: Vec<String>,
    /// Of each text: its chunk in the high 16 bits, where it starts there in the low 16.
    starts: Vec<u32>,
}

/// A chunk's bytes, unless one text alone is longer.
const CHUNK: usize = 1 << 16;

impl Texts {
    pub(super) fn get(&self, index: usize) -> Option<&str> {
        let start = *self.starts.get(index)?;
        let chunk = start >> 16;
        let text = self.chunks.get(chunk as usize)?;
        let from = (start & 0xFFFF) as usize;
        match self.starts.get(index + 1) {
            Some(next) if next >> 16 == chunk => text.get(from..(next & 0xFFFF) as usize),
            _ => text.get(from..),
        }
    }

    /// Appends a text. None where the arena is full, at 65,536 chunks.
    fn push(&mut self, text: &str) -> Option<usize> {
        let is_full = self
            .chunks
            .last()
            .is_none_or(|last| last.len() + text.len().max(1) > CHUNK);
        if is_full {
            if self.chunks.len() > 0xFFFF {
                return None;
            }
            // The first chunk grows with what it holds: most dictionaries stay small.
            let capacity = if self.chunks.is_empty() {
                text.len()
            } else {
                text.len().max(CHUNK)
            };
            self.chunks.push(String::with_capacity(capacity));
        }
        let chunk = self.chunks.len() - 1;
        let last = self.chunks.last_mut()?;
        self.starts.push((chunk as u32) << 16 | last.len() as u32);
        last.push_str(text);
        Some(self.starts.len() - 1)
    }

    pub(super) fn len(&self) -> usize {
        self.starts.len()
    }

    fn bytes(&self) -> usize {
        self.starts.capacity() * 4 + self.chunks.iter().map(String::capacity).sum::<usize>()
    }
}

/// A dictionary.
#[derive(Debug)]
pub(super) struct Dictionary {
    texts: Texts,
    /// Folded copies of the texts in which a character beyond ASCII folds; the others fold as they are read.
    folded: Texts,
    /// Whose copies they are, ascending.
    folded_codes: Vec<u32>,
    /// Which characters occur, for each `1 << signature_shift` texts.
    signatures: Vec<u64>,
    signature_shift: Option<u32>,
    /// Hash tables by the hash's lowest bits. A slot is 0, or the hash's high half above a code.
    shards: Vec<Vec<u64>>,
    n_in_shard: Vec<u32>,
    seed: u64,
    /// Place of each text in folded order, the same for texts that fold alike; for the first texts only.
    ranks: Vec<u32>,
    has_case: bool,
}

const N_SHARDS: usize = 32;
const MAX_CODE: u32 = u32::MAX - 1;

impl Dictionary {
    /// An empty one. `signature_shift` says how many texts share a search signature (a power of two), none that
    /// it isn't searched.
    pub(super) fn new(seed: u64, signature_shift: Option<u32>) -> Self {
        Self {
            texts: Texts::default(),
            folded: Texts::default(),
            folded_codes: Vec::new(),
            signatures: Vec::new(),
            signature_shift,
            shards: Vec::new(),
            n_in_shard: Vec::new(),
            seed,
            ranks: Vec::new(),
            has_case: false,
        }
    }

    pub(super) fn seed(&self) -> u64 {
        self.seed
    }

    /// How many texts it holds; also the highest code.
    pub(super) fn len(&self) -> u32 {
        self.texts.len() as u32
    }

    pub(super) fn get(&self, code: u32) -> Option<&str> {
        self.texts.get((code as usize).checked_sub(1)?)
    }

    /// The code of a text that is here.
    pub(super) fn find(&self, text: &str) -> Option<u32> {
        let hash = hash(text, self.seed);
        let shard = self.shards.get(hash as usize % N_SHARDS)?;
        match self.probe(shard, hash, Some(text)) {
            Probe::Found(code) => Some(code),
            Probe::Free(_) | Probe::None => None,
        }
    }

    /// The code of a text, which is put in where it is new. 0 where the arena is full.
    pub(super) fn intern(&mut self, text: &str) -> u32 {
        self.intern_hashed(text, hash(text, self.seed))
    }

    pub(super) fn hash(&self, text: &str) -> u64 {
        hash(text, self.seed)
    }

    /// Reads ahead, first: the slot at which a hash starts to look.
    pub(super) fn touch_slot(&self, hash: u64) -> u64 {
        let shard = self.shards.get(hash as usize % N_SHARDS);
        shard
            .and_then(|shard| shard.get(home(hash, shard.len())))
            .copied()
            .unwrap_or(0)
    }

    /// Reads ahead, second: the code that a hash most likely has, 0 where none, and where its text is.
    pub(super) fn touch_start(&self, hash: u64) -> (u32, u32) {
        let code = match self.shards.get(hash as usize % N_SHARDS) {
            Some(shard) => match self.probe(shard, hash, None) {
                Probe::Found(code) => code,
                Probe::Free(_) | Probe::None => 0,
            },
            None => 0,
        };
        let start = self.texts.starts.get((code as usize).wrapping_sub(1));
        (code, start.copied().unwrap_or(0))
    }

    /// Reads ahead, third: the first byte of a text.
    pub(super) fn touch_text(&self, code: u32) -> u8 {
        self.get(code)
            .and_then(|text| text.as_bytes().first())
            .copied()
            .unwrap_or(0)
    }

    /// `intern` for a text whose hash is known.
    pub(super) fn intern_hashed(&mut self, text: &str, hash: u64) -> u32 {
        if self.shards.is_empty() {
            self.shards.resize_with(N_SHARDS, Vec::new);
            self.n_in_shard.resize(N_SHARDS, 0);
        }
        let at = hash as usize % N_SHARDS;
        let mut probe = self.probe(&self.shards[at], hash, Some(text));
        if let Probe::Found(code) = probe {
            return code;
        }
        if self.n_in_shard[at] as usize * 8 >= self.shards[at].len() * 6 {
            self.grow(at);
            probe = self.probe(&self.shards[at], hash, Some(text));
        }
        let Probe::Free(slot) = probe else {
            return 0;
        };
        if self.len() >= MAX_CODE || self.texts.push(text).is_none() {
            return 0;
        }
        let code = self.len();
        self.shards[at][slot] = hash >> 32 << 32 | u64::from(code);
        self.n_in_shard[at] += 1;
        self.note_folding(text, code);
        code
    }

    fn note_folding(&mut self, text: &str, code: u32) {
        let folds_beyond_ascii = !text.is_ascii()
            && text
                .chars()
                .any(|character| !character.is_ascii() && fold_char(character) != character);
        if folds_beyond_ascii && self.folded.push(&fold(text)).is_some() {
            self.folded_codes.push(code);
        }
        self.has_case =
            self.has_case || folds_beyond_ascii || text.bytes().any(|byte| byte.is_ascii_uppercase());
        if let Some(shift) = self.signature_shift {
            let at = (code - 1) as usize >> shift;
            if at >= self.signatures.len() {
                self.signatures.push(0);
            }
            let bits = signature(self.folded_bytes(code));
            if let Some(signature) = self.signatures.get_mut(at) {
                *signature |= bits;
            }
        }
    }

    /// Bytes that are the folded text once ASCII capitals in them are lowered.
    pub(super) fn folded_bytes(&self, code: u32) -> &[u8] {
        if !self.folded_codes.is_empty()
            && let Ok(at) = self.folded_codes.binary_search(&code)
            && let Some(text) = self.folded.get(at)
        {
            return text.as_bytes();
        }
        self.get(code).map_or(&[], str::as_bytes)
    }

    /// The bytes of a text as it is.
    pub(super) fn raw_bytes(&self, code: u32) -> &[u8] {
        self.get(code).map_or(&[], str::as_bytes)
    }

    /// Which of two texts comes first after folding; a missing one is before all.
    pub(super) fn compare_folded(&self, left: u32, right: u32) -> Ordering {
        if left == right {
            return Ordering::Equal;
        }
        compare_lowered(self.folded_bytes(left), self.folded_bytes(right))
    }

    /// Whether folding changes any text.
    pub(super) fn has_case(&self) -> bool {
        self.has_case
    }

    /// The search signatures and how many texts share one, as a shift.
    pub(super) fn signatures(&self) -> (&[u64], u32) {
        (&self.signatures, self.signature_shift.unwrap_or(0))
    }

    pub(super) fn ranks(&self) -> &[u32] {
        &self.ranks
    }

    pub(super) fn set_ranks(&mut self, ranks: Vec<u32>) {
        self.ranks = ranks;
    }

    /// Finds a text, or the free slot that ends its way. Without a text, the first with the same high half of the hash.
    fn probe(&self, shard: &[u64], hash: u64, text: Option<&str>) -> Probe {
        let mut at = home(hash, shard.len());
        // A table is never full, so a free slot ends this; the bound is for the reader.
        for _ in 0..shard.len() {
            let slot = shard[at];
            if slot == 0 {
                return Probe::Free(at);
            }
            if slot >> 32 == hash >> 32 && (text.is_none() || self.get(slot as u32) == text) {
                return Probe::Found(slot as u32);
            }
            at += 1;
            if at == shard.len() {
                at = 0;
            }
        }
        Probe::None
    }

    /// Makes a table half as large again. The texts are not read for it.
    fn grow(&mut self, at: usize) {
        let before = std::mem::take(&mut self.shards[at]);
        let n_slots = (before.len() + before.len() / 2).max(8);
        let mut shard = vec![0; n_slots];
        for slot in before.into_iter().filter(|slot| *slot != 0) {
            let mut to = home(slot, n_slots);
            while shard[to] != 0 {
                to += 1;
                if to == n_slots {
                    to = 0;
                }
            }
            shard[to] = slot;
        }
        self.shards[at] = shard;
    }

    pub(super) fn bytes(&self) -> usize {
        self.texts.bytes()
            + self.folded.bytes()
            + self.folded_codes.capacity() * 4
            + self.signatures.capacity() * 8
            + self.ranks.capacity() * 4
            + self
                .shards
                .iter()
                .map(|shard| shard.capacity() * 4)
                .sum::<usize>()
    }
}

enum Probe {
    Found(u32),
    Free(usize),
    None,
}

/// The slot at which a hash starts to look, by its high half.
fn home(hash: u64, n_slots: usize) -> usize {
    (((hash >> 32) * n_slots as u64) >> 32) as usize
}

/// Which of two byte strings comes first once ASCII capitals are lowered.
pub(super) fn compare_lowered(left: &[u8], right: &[u8]) -> Ordering {
    let n_common = left.len().min(right.len());
    for (left, right) in left[..n_common].iter().zip(&right[..n_common]) {
        if left != right {
            let (left, right) = (left.to_ascii_lowercase(), right.to_ascii_lowercase());
            if left != right {
                return left.cmp(&right);
            }
        }
    }
    left.len().cmp(&right.len())
}

/// A seeded multiplicative hash, eight bytes at a time. Its seed is the page's own, since texts are an attacker's choice.
fn hash(text: &str, seed: u64) -> u64 {
    const FIRST: u64 = 0x9E37_79B9_7F4A_7C15;
    const SECOND: u64 = 0xD6E8_FEB8_6659_FD93;
    let bytes = text.as_bytes();
    let mut state = seed ^ (bytes.len() as u64).wrapping_mul(SECOND);
    let (chunks, rest) = bytes.as_chunks::<8>();
    for chunk in chunks {
        state = mixed(state ^ u64::from_le_bytes(*chunk), FIRST);
    }
    // What is left over is read with what stands before it, or in two parts that may overlap: copying so few bytes costs more
    // than all the rest, in the browser most of all.
    let last = match (
        bytes.last_chunk::<8>(),
        rest.first_chunk::<4>(),
        rest.last_chunk::<4>(),
        rest,
    ) {
        (_, _, _, []) => 0,
        (Some(last), ..) => u64::from_le_bytes(*last),
        (_, Some(first), Some(last), _) => {
            u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << 32
        }
        (_, _, _, [first, ..]) => {
            let (middle, last) = (rest[rest.len() / 2], rest[rest.len() - 1]);
            u64::from(*first) | u64::from(middle) << 8 | u64::from(last) << 16
        }
    };
    mixed(mixed(state ^ last, FIRST), SECOND)
}

fn mixed(state: u64, factor: u64) -> u64 {
    let product = state.wrapping_mul(factor);
    product ^ (product >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_one_code_and_comes_back() {
        let mut dictionary = Dictionary::new(7, Some(0));
        let long = "x".repeat(CHUNK + 5);
        let mut texts = vec![String::new(), long, "é".repeat(40_000), "ÉÀ".to_owned()];
        texts.extend((0..50_000).map(|number| format!("text {number}")));
        for _ in 0..2 {
            for (index, text) in texts.iter().enumerate() {
                assert_eq!(dictionary.intern(text), index as u32 + 1);
            }
        }
        for (index, text) in texts.iter().enumerate() {
            assert_eq!(dictionary.get(index as u32 + 1), Some(text.as_str()));
            assert_eq!(dictionary.find(text), Some(index as u32 + 1));
        }
        assert_eq!(dictionary.find("nothing"), None);
        assert_eq!(dictionary.get(0), None);
        assert_eq!(dictionary.folded_bytes(4), "éà".as_bytes());
    }

    #[test]
    fn texts_compare_folded_by_code_point() {
        let mut dictionary = Dictionary::new(7, None);
        let codes: Vec<u32> = ["", "A", "a", "AB", "b", "Ä", "ä", "\u{10428}", "\u{10400}"]
            .iter()
            .map(|text| dictionary.intern(text))
            .collect();
        for (left, right, expected) in [
            (0, 1, Ordering::Less),
            (1, 2, Ordering::Equal),
            (2, 3, Ordering::Less),
            (3, 4, Ordering::Less),
            (4, 5, Ordering::Less),
            (5, 6, Ordering::Equal),
            (7, 8, Ordering::Equal),
        ] {
            assert_eq!(dictionary.compare_folded(codes[left], codes[right]), expected);
        }
    }
}
