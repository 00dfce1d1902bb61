//! Search for one term: first over the distinct texts of a dictionary, where a signature of the characters that occur rules
//! most of them out, then over rows, by code. Texts are folded as they are read.

use super::bitmap::{Bitmap, Ones};
use super::dictionary::Dictionary;

/// The class of each byte: letters, digits and common signs have one of their own, the rest share the others.
const CLASSES: [u8; 256] = classes();
/// Signs that have a class of their own, after 26 letters and 10 digits.
const SIGNS: &[u8; 15] = b" .-_\\/:@()\"',=+";
const N_OWN: u8 = 26 + 10 + SIGNS.len() as u8;

const fn classes() -> [u8; 256] {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let lowered = (byte as u8).to_ascii_lowercase();
        classes[byte] = if lowered.is_ascii_lowercase() {
            lowered - b'a'
        } else if lowered.is_ascii_digit() {
            26 + lowered - b'0'
        } else {
            N_OWN + (byte % (64 - N_OWN as usize)) as u8
        };
        byte += 1;
    }
    let mut sign = 0;
    while sign < SIGNS.len() {
        classes[SIGNS[sign] as usize] = 36 + sign as u8;
        sign += 1;
    }
    classes
}

/// Which classes of bytes occur.
pub(super) fn signature(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0, |bits, byte| bits | 1 << CLASSES[usize::from(*byte)])
}

/// A term as it is looked for.
#[derive(Debug)]
pub(super) struct Needle {
    bytes: Vec<u8>,
    needed: u64,
    /// The byte that is likely to be rare: where it is in the term, and itself as small letter and as capital.
    pivot: usize,
    small: u8,
    capital: u8,
    /// The pivot in each byte of a word, and the bit that tells capitals from small letters, where it is a letter.
    pattern: u64,
    lowering: u64,
}

impl Needle {
    /// `term` is folded and not empty.
    pub(super) fn new(term: &str) -> Self {
        let bytes = term.as_bytes().to_vec();
        let pivot = (0..bytes.len())
            .min_by_key(|at| frequency(bytes[*at]))
            .unwrap_or(0);
        let small = bytes.get(pivot).copied().unwrap_or(0);
        Self {
            needed: signature(&bytes),
            pivot,
            small,
            capital: small.to_ascii_uppercase(),
            pattern: ONES * u64::from(small),
            lowering: if small.is_ascii_lowercase() { ONES << 5 } else { 0 },
            bytes,
        }
    }

    /// Whether the signature alone tells.
    fn is_one_class(&self) -> bool {
        self.bytes.len() == 1 && CLASSES[usize::from(self.small)] < N_OWN
    }

    /// Whether a text holds it; ASCII capitals in the text count as small letters.
    pub(super) fn is_in(&self, text: &[u8]) -> bool {
        let n_after = self.bytes.len() - self.pivot;
        let Some(last) = (text.len() + 1).checked_sub(n_after) else {
            return false;
        };
        if last <= self.pivot {
            return false;
        }
        let mut at = self.pivot;
        // Eight bytes at a time: a byte that may be the pivot becomes zero, and zero bytes are found all at once.
        while at + 8 <= last {
            let mut bytes = [0; 8];
            bytes.copy_from_slice(&text[at..at + 8]);
            let word = (u64::from_le_bytes(bytes) | self.lowering) ^ self.pattern;
            let mut zeros = word.wrapping_sub(ONES) & !word & (ONES << 7);
            while zeros != 0 {
                if self.is_at(text, at + zeros.trailing_zeros() as usize / 8) {
                    return true;
                }
                zeros &= zeros - 1;
            }
            at += 8;
        }
        (at..last).any(|at| (text[at] == self.small || text[at] == self.capital) && self.is_at(text, at))
    }

    /// Whether the term is where its pivot would be at `at`.
    fn is_at(&self, text: &[u8], at: usize) -> bool {
        let start = at - self.pivot;
        text[start..start + self.bytes.len()].eq_ignore_ascii_case(&self.bytes)
    }
}

/// One in each byte of a word.
const ONES: u64 = 0x0101_0101_0101_0101;

/// How often a byte occurs in paths, names and ids, roughly: the lower, the rarer.
fn frequency(byte: u8) -> u8 {
    match byte {
        b'e' | b'o' | b'i' | b'n' | b's' | b't' | b'r' | b'a' => 3,
        b'c' | b'd' | b'l' | b'm' | b'p' | b'u' | b'w' | b'.' | b'\\' | b'/' | b'0' | b'1' => 2,
        b'q' | b'z' | b'j' | b'x' | b'k' | b'@' | 0x80.. => 0,
        _ => 1,
    }
}

/// The texts of one dictionary that hold a term: bit `code - 1`.
#[derive(Debug, Default)]
pub(super) struct Hits {
    pub(super) bits: Bitmap,
    n_seen: u32,
}

impl Hits {
    /// Looks through the texts that came since the last time, and only at those that `within` allows, where given.
    pub(super) fn extend(&mut self, dictionary: &Dictionary, needle: &Needle, within: Option<&Self>) {
        let (signatures, shift) = dictionary.signatures();
        let n_texts = dictionary.len();
        let tells = needle.is_one_class() && shift == 0;
        let mut from = self.n_seen;
        while from < n_texts {
            let at = from as usize / 64;
            let mut candidates = u64::MAX << (from % 64);
            let until = (at as u32 + 1) * 64;
            if until > n_texts {
                candidates &= u64::MAX >> (until - n_texts);
            }
            if let Some(within) = within {
                // What `within` has not seen can't be ruled out by it.
                if until <= within.n_seen {
                    candidates &= within.bits.word(at);
                }
            }
            let mut hits = 0;
            if candidates != 0 {
                if shift == 0 {
                    let first = (at * 64).min(signatures.len());
                    let block = &signatures[first..signatures.len().min(first + 64)];
                    for (index, signature) in block.iter().enumerate() {
                        hits |= u64::from(signature & needle.needed == needle.needed) << index;
                    }
                    hits &= candidates;
                } else {
                    let n_shared = 1_u32 << shift;
                    let mut first = 0;
                    while first < 64 {
                        let group = (at * 64 + first as usize) >> shift;
                        let signature = signatures.get(group).copied().unwrap_or(u64::MAX);
                        if signature & needle.needed == needle.needed {
                            hits |= (u64::MAX >> (64 - n_shared)) << first;
                        }
                        first += n_shared;
                    }
                    hits &= candidates;
                }
                if !tells {
                    for index in (Ones { word: hits, base: 0 }) {
                        if !needle.is_in(dictionary.folded_bytes(at as u32 * 64 + index + 1)) {
                            hits &= !(1 << index);
                        }
                    }
                }
            }
            let before = self.bits.word(at);
            if before | hits != 0 {
                self.bits.set_word(at, before | hits);
            }
            from = until;
        }
        self.n_seen = n_texts;
    }

    pub(super) fn has_any(&self) -> bool {
        !self.bits.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fold::fold;
    use proptest::prelude::*;

    fn hits(texts: &[String], term: &str, shift: u32) -> Vec<u32> {
        let mut dictionary = Dictionary::new(1, Some(shift));
        for text in texts {
            dictionary.intern(text);
        }
        let mut hits = Hits::default();
        hits.extend(&dictionary, &Needle::new(&fold(term)), None);
        hits.bits.iter().collect()
    }

    proptest! {
        #[test]
        fn a_term_is_found_where_the_folded_text_holds_it(
            texts in proptest::collection::hash_set("[a-cA-Cäß\u{212A}kK\\\\. 0-2]{0,6}", 0..150),
            term in "[a-cA-CÄk. 0-2]{1,3}",
        ) {
            let texts: Vec<String> = texts.into_iter().collect();
            let expected: Vec<u32> = (0..texts.len() as u32)
                .filter(|at| fold(&texts[*at as usize]).contains(&fold(&term)))
                .collect();
            prop_assert_eq!(hits(&texts, &term, 0), expected.clone());
            prop_assert_eq!(hits(&texts, &term, 4), expected);
        }
    }
}
