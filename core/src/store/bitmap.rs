//! A set of row numbers (or dictionary codes) as bits, 64 to a word. Grows where a bit is set; absent bits are unset.

/// A set of small whole numbers.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Bitmap {
    words: Vec<u64>,
}

impl Bitmap {
    /// The empty set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether it holds `index`.
    #[must_use]
    pub fn has(&self, index: u32) -> bool {
        self.word(index as usize / 64) >> (index % 64) & 1 == 1
    }

    /// Puts `index` in or takes it out.
    pub fn set(&mut self, index: u32, is_in: bool) {
        let at = index as usize / 64;
        if at >= self.words.len() {
            if !is_in {
                return;
            }
            self.words.resize(at + 1, 0);
        }
        let bit = 1_u64 << (index % 64);
        if is_in {
            self.words[at] |= bit;
        } else {
            self.words[at] &= !bit;
        }
    }

    /// How many it holds.
    #[must_use]
    pub fn count(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether it holds nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// Takes everything out.
    pub fn clear(&mut self) {
        self.words.clear();
    }

    /// What it holds, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.words.iter().enumerate().flat_map(|(at, word)| Ones {
            word: *word,
            base: at as u32 * 64,
        })
    }

    /// The 64 bits from `64 * at`.
    #[must_use]
    pub(super) fn word(&self, at: usize) -> u64 {
        self.words.get(at).copied().unwrap_or(0)
    }

    /// Sets the 64 bits from `64 * at`.
    pub(super) fn set_word(&mut self, at: usize, word: u64) {
        if at >= self.words.len() {
            self.words.resize(at + 1, 0);
        }
        self.words[at] = word;
    }

    pub(super) fn words(&self) -> &[u64] {
        &self.words
    }

    /// Keeps what `other` holds too.
    pub(super) fn intersect(&mut self, other: &Self) {
        let n_common = self.words.len().min(other.words.len());
        self.words.truncate(n_common);
        for (word, with) in self.words.iter_mut().zip(&other.words) {
            *word &= with;
        }
    }

    /// Makes it the same as `other`, keeping its allocation.
    pub(super) fn copy_from(&mut self, other: &Self) {
        self.words.clone_from(&other.words);
    }

    /// Adds what `other` holds.
    pub(super) fn unite(&mut self, other: &Self) {
        if self.words.len() < other.words.len() {
            self.words.resize(other.words.len(), 0);
        }
        for (word, with) in self.words.iter_mut().zip(&other.words) {
            *word |= with;
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.words.capacity() * 8
    }
}

/// The set bits of one word.
pub(super) struct Ones {
    pub(super) word: u64,
    pub(super) base: u32,
}

impl Iterator for Ones {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        if self.word == 0 {
            return None;
        }
        let bit = self.word.trailing_zeros();
        self.word &= self.word - 1;
        Some(self.base + bit)
    }
}
