//! The guard between attacker-chosen text and the screen. Characters that hide, turn or pile up become visible
//! tokens; the true extension of a file is told apart from its name; links open only if they are http or https.
//! What decides is listed here; std's own table of printable characters adds what Unicode has not assigned.

/// Combining marks in a row that are drawn; the rest of the pile is a token. Vietnamese needs 2, Hebrew 4.
const MAX_MARKS: usize = 8;
/// Spaces in a row from which they are counted instead of drawn: padding that pushes text out of sight.
const MIN_PADDING_SPACES: usize = 8;
/// Characters of the longest ending that still counts as a file's extension.
const MAX_EXTENSION_CHARS: usize = 24;

/// A stretch of text as it may be shown. The pieces of a text, joined, are the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'text> {
    /// Shown as it is.
    Plain(&'text str),
    /// Shown as a token.
    Token(Token<'text>),
}

/// Characters that must not be drawn as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'text> {
    text: &'text str,
    class: Class,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Plain,
    /// One character, repeated.
    Hidden(char),
    /// Tag characters and variation selectors, which can carry a hidden message.
    Carriers,
    /// Combining marks above the limit.
    Marks,
    /// A long run of spaces.
    Spaces,
}

impl<'text> Token<'text> {
    /// The characters that the token stands for.
    #[must_use]
    pub fn text(&self) -> &'text str {
        self.text
    }

    /// What is drawn: `RLO`, `U+E000`, `ZWSP ×3`, `+12 marks`, `40 spaces`.
    #[must_use]
    pub fn label(&self) -> String {
        let count = self.text.chars().count();
        let mut out = String::new();
        match self.class {
            Class::Plain => out.push_str(self.text),
            Class::Hidden(character) => {
                match name(character) {
                    Some((short, _)) => out.push_str(short),
                    None => push_code(&mut out, character),
                }
                if count > 1 {
                    out.push_str(" ×");
                    out.push_str(&count.to_string());
                }
            }
            Class::Carriers => push_count(&mut out, "+", count, " invisible"),
            Class::Marks => push_count(&mut out, "+", count, " marks"),
            Class::Spaces => push_count(&mut out, "", count, " spaces"),
        }
        out
    }

    /// What it is, for the tooltip: `Right-to-left override, U+202E`.
    #[must_use]
    pub fn title(&self) -> String {
        let count = self.text.chars().count();
        let mut out = String::new();
        match self.class {
            Class::Plain => out.push_str(self.text),
            Class::Hidden(character) => {
                out.push_str(name(character).map_or_else(|| kind(character), |(_, long)| long));
                out.push_str(", ");
                push_code(&mut out, character);
                if count > 1 {
                    push_count(&mut out, ", ", count, " times");
                }
            }
            Class::Carriers => push_count(&mut out, "Tag characters or variation selectors, ", count, ""),
            Class::Marks => push_count(&mut out, "More combining marks on one character, ", count, ""),
            Class::Spaces => push_count(&mut out, "Spaces in a row, ", count, ""),
        }
        out
    }

    /// Whether it can disguise a name: everything but spaces.
    fn is_disguise(&self) -> bool {
        match self.class {
            Class::Hidden(character) => !character.is_whitespace() || character.is_control(),
            Class::Carriers | Class::Marks => true,
            Class::Plain | Class::Spaces => false,
        }
    }
}

fn push_count(out: &mut String, before: &str, count: usize, after: &str) {
    out.push_str(before);
    out.push_str(&count.to_string());
    out.push_str(after);
}

/// Appends `U+` and at least four hexadecimal digits.
fn push_code(out: &mut String, character: char) {
    out.push_str("U+");
    let code = u32::from(character);
    for shift in (0..6).rev() {
        let digit = (code >> (shift * 4)) & 0xF;
        if shift < 4 || code >> (shift * 4) != 0 {
            out.extend(char::from_digit(digit, 16).map(|digit| digit.to_ascii_uppercase()));
        }
    }
}

/// The usual abbreviation and the name of a character that has both.
fn name(character: char) -> Option<(&'static str, &'static str)> {
    Some(match character {
        '\0' => ("NUL", "Null"),
        '\t' => ("TAB", "Tab"),
        '\n' => ("LF", "Line feed"),
        '\u{B}' => ("VT", "Vertical tab"),
        '\u{C}' => ("FF", "Form feed"),
        '\r' => ("CR", "Carriage return"),
        '\u{8}' => ("BS", "Backspace"),
        '\u{1B}' => ("ESC", "Escape"),
        '\u{7F}' => ("DEL", "Delete"),
        '\u{85}' => ("NEL", "Next line"),
        '\u{A0}' => ("NBSP", "No-break space"),
        '\u{AD}' => ("SHY", "Soft hyphen"),
        '\u{34F}' => ("CGJ", "Combining grapheme joiner"),
        '\u{61C}' => ("ALM", "Arabic letter mark"),
        '\u{115F}' | '\u{1160}' | '\u{3164}' | '\u{FFA0}' => ("HF", "Hangul filler"),
        '\u{180E}' => ("MVS", "Mongolian vowel separator"),
        '\u{200B}' => ("ZWSP", "Zero-width space"),
        '\u{200C}' => ("ZWNJ", "Zero-width non-joiner"),
        '\u{200D}' => ("ZWJ", "Zero-width joiner"),
        '\u{200E}' => ("LRM", "Left-to-right mark"),
        '\u{200F}' => ("RLM", "Right-to-left mark"),
        '\u{2028}' => ("LS", "Line separator"),
        '\u{2029}' => ("PS", "Paragraph separator"),
        '\u{202A}' => ("LRE", "Left-to-right embedding"),
        '\u{202B}' => ("RLE", "Right-to-left embedding"),
        '\u{202C}' => ("PDF", "Pop directional formatting"),
        '\u{202D}' => ("LRO", "Left-to-right override"),
        '\u{202E}' => ("RLO", "Right-to-left override"),
        '\u{202F}' => ("NNBSP", "Narrow no-break space"),
        '\u{2060}' => ("WJ", "Word joiner"),
        '\u{2066}' => ("LRI", "Left-to-right isolate"),
        '\u{2067}' => ("RLI", "Right-to-left isolate"),
        '\u{2068}' => ("FSI", "First strong isolate"),
        '\u{2069}' => ("PDI", "Pop directional isolate"),
        '\u{2800}' => ("BLANK", "Braille blank"),
        '\u{3000}' => ("IDSP", "Ideographic space"),
        '\u{FEFF}' => ("BOM", "Byte order mark, zero-width no-break space"),
        '\u{FFFC}' => ("OBJ", "Object replacement character"),
        _ => return None,
    })
}

/// What sort of character it is, for one without a name of its own.
fn kind(character: char) -> &'static str {
    if character.is_control() {
        "Control character"
    } else if character.is_whitespace() {
        "Unusual space"
    } else if is_carrier(character) {
        "Tag character or variation selector"
    } else if is_noncharacter(character) {
        "Noncharacter"
    } else if matches!(u32::from(character), 0xE000..=0xF8FF | 0xF_0000..) {
        "Private-use character"
    } else {
        "Invisible or unassigned character"
    }
}

fn is_noncharacter(character: char) -> bool {
    let code = u32::from(character);
    (0xFDD0..=0xFDEF).contains(&code) || code & 0xFFFE == 0xFFFE
}

fn is_carrier(character: char) -> bool {
    matches!(character, '\u{FE00}'..='\u{FE0F}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Whether a character leaves no ink, or acts on its neighbours: controls, bidi controls, zero-width characters,
/// fillers, variation selectors, tags (Unicode's `Default_Ignorable_Code_Point` and its like). Spaces are not
/// among them.
#[must_use]
pub fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\0'..='\u{1F}'
            | '\u{7F}'..='\u{9F}'
            | '\u{AD}'
            | '\u{34F}'
            | '\u{61C}'
            | '\u{115F}'..='\u{1160}'
            | '\u{17B4}'..='\u{17B5}'
            | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}'
            | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}'
            | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFFC}'
            | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{1D159}'
            | '\u{1D173}'..='\u{1D17A}'
            | '\u{E0000}'..='\u{E0FFF}'
    )
}

/// Whether a character is never drawn as it is: invisible ones, spaces other than the common one, private use,
/// noncharacters, and what is not assigned. Emoji sequences are the one exception, which [`pieces`] makes.
#[must_use]
pub fn is_dangerous(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_control();
    }
    is_invisible(character)
        || character.is_whitespace()
        || is_noncharacter(character)
        || is_unprintable(character)
}

/// Whether std's Debug of a text, which knows the assigned characters, would escape this one. It stands second,
/// because std escapes marks that begin a text.
fn is_unprintable(character: char) -> bool {
    let mut buffer = [b'a'; 5];
    let length = character.encode_utf8(&mut buffer[1..]).len();
    core::str::from_utf8(&buffer[..=length]).is_ok_and(|text| text.escape_debug().nth(1) == Some('\\'))
}

/// Whether a character that is drawn sits on the one before it (`Grapheme_Extend`).
fn is_mark(character: char) -> bool {
    !character.is_ascii() && character.escape_debug().next() == Some('\\') && !is_dangerous(character)
}

/// Roughly Unicode's `Extended_Pictographic`: after these, a selector or joiner belongs to an emoji.
fn is_emoji(character: char) -> bool {
    matches!(
        u32::from(character),
        0xA9 | 0xAE
            | 0x203C
            | 0x2049
            | 0x2122
            | 0x2139
            | 0x2194..=0x21AA
            | 0x231A..=0x23FF
            | 0x24C2
            | 0x25AA..=0x25FE
            | 0x2600..=0x27BF
            | 0x2934..=0x2935
            | 0x2B05..=0x2B55
            | 0x3030
            | 0x303D
            | 0x3297
            | 0x3299
            | 0x1F000..=0x1FAFF
    )
}

/// What the characters so far mean for the next one.
#[derive(Clone, Copy, Debug, Default)]
struct Context {
    /// Combining marks in a row; invisible characters between them don't break the row.
    n_marks: usize,
    emoji: Emoji,
    /// Spaces that are left of the run that has been measured, and whether it is padding.
    n_spaces_left: usize,
    is_padding: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Emoji {
    #[default]
    No,
    /// A character that an emoji may start with.
    Base,
    /// The same with its selector or skin tone.
    Complete,
    /// A digit, `#` or `*`, which a keycap may follow.
    KeycapBase,
}

impl Context {
    /// The class of `character`, `rest` being what follows it.
    fn classify(&mut self, character: char, rest: &str) -> Class {
        if character == ' ' {
            if self.n_spaces_left == 0 {
                let n_spaces = 1 + rest.bytes().take_while(|byte| *byte == b' ').count();
                self.n_spaces_left = n_spaces;
                self.is_padding = n_spaces >= MIN_PADDING_SPACES;
            }
            self.n_spaces_left -= 1;
            self.n_marks = 0;
            self.emoji = Emoji::No;
            return if self.is_padding {
                Class::Spaces
            } else {
                Class::Plain
            };
        }
        if self.is_part_of_emoji(character, rest) {
            self.emoji = if character == '\u{200D}' {
                Emoji::No
            } else {
                Emoji::Complete
            };
            return Class::Plain;
        }
        if is_dangerous(character) {
            self.emoji = Emoji::No;
            return if is_carrier(character) {
                Class::Carriers
            } else {
                Class::Hidden(character)
            };
        }
        if is_mark(character) {
            self.emoji = Emoji::No;
            self.n_marks += 1;
            return if self.n_marks > MAX_MARKS {
                Class::Marks
            } else {
                Class::Plain
            };
        }
        self.n_marks = 0;
        self.emoji = match character {
            '0'..='9' | '#' | '*' => Emoji::KeycapBase,
            '\u{1F3FB}'..='\u{1F3FF}' if self.emoji == Emoji::Base => Emoji::Complete,
            _ if is_emoji(character) => Emoji::Base,
            _ => Emoji::No,
        };
        Class::Plain
    }

    fn is_part_of_emoji(self, character: char, rest: &str) -> bool {
        match character {
            '\u{FE0F}' if self.emoji == Emoji::KeycapBase => rest.starts_with('\u{20E3}'),
            '\u{FE0E}' | '\u{FE0F}' => self.emoji == Emoji::Base,
            '\u{200D}' => {
                matches!(self.emoji, Emoji::Base | Emoji::Complete)
                    && rest.chars().next().is_some_and(is_emoji)
            }
            _ => false,
        }
    }
}

/// Whether `text` is one plain piece or empty, so that it can be shown without looking for tokens.
#[must_use]
pub fn is_plain(text: &str) -> bool {
    matches!(pieces(text).as_slice(), [] | [Piece::Plain(_)])
}

/// Splits `text` into what may be drawn and what must be shown as a token; joined, the pieces are `text`.
/// Neighbours alike are one piece. Linear in the length of `text`.
///
/// ```
/// use action_center_core::domain::text::{Piece, pieces};
/// let shown = pieces("invoice\u{202E}fdp.exe");
/// assert_eq!(shown.len(), 3);
/// assert!(matches!(shown[1], Piece::Token(token) if token.label() == "RLO"));
/// ```
#[must_use]
pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut out = Vec::new();
    let mut context = Context::default();
    let mut class = Class::Plain;
    let mut start = 0;
    for (at, character) in text.char_indices() {
        let rest = text.get(at + character.len_utf8()..).unwrap_or_default();
        let next = context.classify(character, rest);
        if next != class {
            push_piece(&mut out, text.get(start..at), class);
            class = next;
            start = at;
        }
    }
    push_piece(&mut out, text.get(start..), class);
    out
}

fn push_piece<'text>(out: &mut Vec<Piece<'text>>, text: Option<&'text str>, class: Class) {
    let text = text.unwrap_or_default();
    if text.is_empty() {
        return;
    }
    out.push(match class {
        Class::Plain => Piece::Plain(text),
        Class::Hidden(_) | Class::Carriers | Class::Marks | Class::Spaces => {
            Piece::Token(Token { text, class })
        }
    });
}

/// `text` for accessible names, titles and the clipboard, with tokens in brackets: `invoice[RLO]fdp.exe`.
#[must_use]
pub fn spoken(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for piece in pieces(text) {
        match piece {
            Piece::Plain(plain) => out.push_str(plain),
            Piece::Token(token) => {
                out.push('[');
                out.push_str(&token.label());
                out.push(']');
            }
        }
    }
    out
}

/// The first `max_chars` characters of `text`, and how many characters are left out.
#[must_use]
pub fn clipped(text: &str, max_chars: usize) -> (&str, usize) {
    match text.char_indices().nth(max_chars) {
        None => (text, 0),
        Some((at, _)) => {
            let (shown, rest) = text.split_at(at);
            (shown, rest.chars().count())
        }
    }
}

/// An entity in the parts that the grid draws; joined, they are the entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntityParts<'text> {
    /// The folder or key, with its last separator; gives way first when room is short.
    pub path: &'text str,
    /// The name without its extension.
    pub name: &'text str,
    /// The extension that the system goes by, with its dot and what trails it; never cut off.
    pub extension: &'text str,
    /// Whether the name pretends to be something else.
    pub deceptive: bool,
}

/// Splits an entity by its type. Files and drivers have path, name and extension, processes too unless arguments
/// follow the program; registry keys and scheduled tasks have path and name; all others are a name.
///
/// `deceptive`: the name holds invisible or turning characters; or the extension can run, and the name has a
/// second one that can't (`.pdf.exe`), a look-alike of a dot or slash, a stream's colon, or spaces or dots
/// around the extension.
///
/// ```
/// use action_center_core::domain::text::entity_parts;
/// let parts = entity_parts(r"C:\Temp\invoice.pdf.exe", "file");
/// assert_eq!((parts.path, parts.name, parts.extension), (r"C:\Temp\", "invoice.pdf", ".exe"));
/// assert!(parts.deceptive);
/// ```
#[must_use]
pub fn entity_parts<'text>(entity: &'text str, entity_type: &str) -> EntityParts<'text> {
    let (path, name, extension) = match entity_type {
        "file" | "driver" => {
            let (path, file) = split_path(entity, entity.len(), is_separator);
            let (name, extension) = split_extension(file);
            (path, name, extension)
        }
        "process" => {
            let program_end = program_end(entity);
            let (path, file) = split_path(entity, program_end, is_separator);
            if program_end == entity.len() {
                let (name, extension) = split_extension(file);
                (path, name, extension)
            } else {
                (path, file, "")
            }
        }
        "registryKey" | "scheduledTask" => {
            let (path, name) = split_path(entity, entity.len(), |character| character == '\\');
            (path, name, "")
        }
        _ => ("", entity, ""),
    };
    EntityParts {
        path,
        name,
        extension,
        deceptive: is_deceptive(name, extension),
    }
}

fn is_separator(character: char) -> bool {
    matches!(character, '\\' | '/')
}

/// Splits behind the last separator before `end` that something follows.
fn split_path(text: &str, end: usize, is_separator: impl Fn(char) -> bool + Copy) -> (&str, &str) {
    let head = text.get(..end).unwrap_or(text).trim_end_matches(is_separator);
    let at = head.rfind(is_separator).map_or(0, |at| at + 1);
    text.split_at(at)
}

/// Splits before the last dot that an extension follows. Dots and spaces at the end belong to the extension,
/// because Windows ignores them; a leading dot makes a hidden file, not an extension.
fn split_extension(file: &str) -> (&str, &str) {
    let core = file.trim_end_matches([' ', '.']);
    let Some(dot) = core.rfind('.').filter(|dot| *dot > 0) else {
        return (file, "");
    };
    let ending = core.get(dot + 1..).unwrap_or_default();
    if ending.chars().nth(MAX_EXTENSION_CHARS).is_some() || ending.contains(' ') {
        return (file, "");
    }
    file.split_at(dot)
}

/// Where the program ends in a command line: behind the closing quote, behind the first extension that can run,
/// or, in what has neither, before the first space that an option or another path follows. Inside a folder named
/// `x.exe y` it ends early; the rest is then shown as arguments, uncut.
fn program_end(line: &str) -> usize {
    if let Some(quoted) = line.strip_prefix('"') {
        return quoted.find('"').map_or(line.len(), |at| at + 2);
    }
    for (at, _) in line.match_indices('.') {
        // Bounded, so that a line of dots costs no more than its length.
        let after = line.as_bytes().get(at + 1..).unwrap_or_default();
        let length = after
            .iter()
            .take(MAX_EXTENSION_CHARS)
            .position(|byte| matches!(byte, b' ' | b'\t' | b','));
        if let Some(end) = length.map(|length| at + 1 + length)
            && line.get(at + 1..end).is_some_and(is_executable)
        {
            return end;
        }
    }
    [" -", " /", " \""]
        .iter()
        .filter_map(|option| line.find(option))
        .min()
        .unwrap_or(line.len())
}

fn is_deceptive(name: &str, extension: &str) -> bool {
    if holds_disguise(name) || holds_disguise(extension) {
        return true;
    }
    let ending = extension.trim_start_matches('.');
    let core = ending.trim_end_matches([' ', '.']);
    if !is_executable(core) {
        return false;
    }
    let stem = name.trim_end_matches(|character: char| character.is_whitespace() || character == '.');
    core.len() < ending.len()
        || stem.len() < name.len()
        || stem.contains(is_look_alike)
        || stem.contains(':')
        || stem
            .rsplit_once('.')
            .is_some_and(|(_, inner)| is_one_of(inner, HARMLESS))
}

fn holds_disguise(text: &str) -> bool {
    pieces(text)
        .iter()
        .any(|piece| matches!(piece, Piece::Token(token) if token.is_disguise()))
}

/// Characters that look like a dot or a slash and are none.
fn is_look_alike(character: char) -> bool {
    matches!(
        character,
        '\u{2024}'
            | '\u{3002}'
            | '\u{FE52}'
            | '\u{FF0E}'
            | '\u{FF61}'
            | '\u{2044}'
            | '\u{2215}'
            | '\u{29F8}'
            | '\u{FE68}'
            | '\u{FF0F}'
            | '\u{FF3C}'
    )
}

/// Extensions, between spaces, of what a double click runs, mounts or merges.
const EXECUTABLE: &str = " exe com scr pif bat cmd msi msp msix appx ps1 psm1 vbs vbe js jse wsf wsh hta lnk url cpl \
    dll sys ocx jar reg inf msc application appref-ms gadget chm iso img vhd vhdx one xll docm dotm xlsm xlam pptm ppam \
    scf library-ms search-ms settingcontent-ms elf run sh command app dmg pkg deb rpm appimage apk desktop py pl ";
/// Extensions, between spaces, of what people open without a thought.
const HARMLESS: &str = " pdf doc docx rtf odt xls xlsx csv ods ppt pptx txt log md jpg jpeg png gif bmp tif tiff webp svg \
    heic mp3 wav mp4 avi mov mkv zip rar 7z htm html xml json eml msg ics ";

fn is_executable(ending: &str) -> bool {
    is_one_of(ending, EXECUTABLE)
}

fn is_one_of(ending: &str, list: &str) -> bool {
    !ending.is_empty()
        && list
            .split_ascii_whitespace()
            .any(|known| known.eq_ignore_ascii_case(ending))
}

/// `url` if a click on it may leave the page: absolute, http or https, a host, no user name, and nothing in it
/// that browsers drop or rewrite (white space, controls, backslashes) or that can't be seen.
#[must_use]
pub fn safe_link(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once("://")?;
    let is_web = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
    let authority = rest.split(['/', '?', '#']).next()?;
    let has_host = !authority.is_empty() && !authority.starts_with(':');
    (is_web && has_host && !authority.contains('@') && is_clean(url)).then_some(url)
}

/// [`safe_link`], or a reference relative to this page's own origin (RFC 3986, 4.2): no scheme and no host.
#[must_use]
pub fn safe_link_or_relative(url: &str) -> Option<&str> {
    if safe_link(url).is_some() {
        return Some(url);
    }
    let has_scheme = url
        .split(['/', '?', '#'])
        .next()
        .is_some_and(|first| first.contains(':'));
    (!url.is_empty() && !has_scheme && !url.starts_with("//") && is_clean(url)).then_some(url)
}

fn is_clean(url: &str) -> bool {
    !url.contains(|character: char| character == '\\' || character == ' ' || is_dangerous(character))
}

#[cfg(test)]
mod tests {
    use super::{
        Piece, clipped, entity_parts, is_dangerous, is_emoji, is_mark, is_plain, pieces, safe_link,
        safe_link_or_relative, spoken,
    };
    use proptest::prelude::*;

    /// Each row: a text and how it is spoken.
    fn check(rows: &[(&str, &str)]) {
        for (text, expected) in rows {
            assert_eq!(spoken(text), *expected, "{text:?}");
        }
    }

    fn check_entity(entity_type: &str, rows: &[(&str, &str, &str, &str, bool)]) {
        for (entity, path, name, extension, deceptive) in rows {
            let parts = entity_parts(entity, entity_type);
            assert_eq!(
                (parts.path, parts.name, parts.extension),
                (*path, *name, *extension),
                "{entity:?}"
            );
            assert_eq!(parts.deceptive, *deceptive, "{entity:?}");
        }
    }

    #[test]
    fn ordinary_text_is_plain() {
        for text in [
            "",
            "a b",
            "Re: wire transfer, срочно!",
            "تقرير الرواتب.docx",
            "請求書",
            "Tiếng Việt",
            "שָׁלוֹם",
        ] {
            assert!(is_plain(text), "{text:?}");
        }
    }

    #[test]
    fn bidi_controls_are_tokens() {
        check(&[
            ("Invoice\u{202E}fdp.exe", "Invoice[RLO]fdp.exe"),
            (
                "\u{202A}\u{202B}\u{202C}\u{202D}\u{2066}\u{2067}\u{2068}\u{2069}",
                "[LRE][RLE][PDF][LRO][LRI][RLI][FSI][PDI]",
            ),
            ("\u{200E}\u{200F}\u{61C}", "[LRM][RLM][ALM]"),
        ]);
    }

    #[test]
    fn what_leaves_no_ink_is_a_token() {
        check(&[
            ("set\u{200B}up", "set[ZWSP]up"),
            (
                "\u{200C}\u{2060}\u{FEFF}\u{AD}\u{180E}\u{3164}",
                "[ZWNJ][WJ][BOM][SHY][MVS][HF]",
            ),
            ("می\u{200C}خواهم", "می[ZWNJ]خواهم"),
            ("a\u{E0041}\u{E0042}b", "a[+2 invisible]b"),
            ("a\u{FE0F}", "a[+1 invisible]"),
            ("a\u{FFF9}b", "a[U+FFF9]b"),
            ("a\u{200B}\u{200B}\u{200B}b", "a[ZWSP ×3]b"),
        ]);
    }

    #[test]
    fn controls_and_unusual_spaces_are_tokens() {
        check(&[
            ("a\tb\r\nc\0", "a[TAB]b[CR][LF]c[NUL]"),
            ("\u{1}\u{1B}[31m\u{9B}", "[U+0001][ESC][31m[U+009B]"),
            ("a\u{2028}b\u{2029}", "a[LS]b[PS]"),
            ("a\u{A0}b\u{3000}c\u{2003}d", "a[NBSP]b[IDSP]c[U+2003]d"),
        ]);
    }

    #[test]
    fn private_unassigned_and_noncharacters_show_their_code() {
        check(&[
            ("\u{E000}", "[U+E000]"),
            ("\u{FFFF}", "[U+FFFF]"),
            ("\u{FDD0}", "[U+FDD0]"),
            ("\u{10FFFF}", "[U+10FFFF]"),
            ("\u{F0000}", "[U+F0000]"),
            ("\u{378}", "[U+0378]"),
        ]);
    }

    #[test]
    fn emoji_sequences_stay_whole() {
        for text in [
            "👩\u{200D}💻",
            "❤\u{FE0F}",
            "👩🏽\u{200D}🚀",
            "🏳\u{FE0F}\u{200D}🌈",
            "1\u{FE0F}\u{20E3}",
            "🇦🇹",
        ] {
            assert!(is_plain(text), "{text:?}");
        }
    }

    #[test]
    fn joiners_and_selectors_outside_emoji_are_tokens() {
        check(&[
            ("👩\u{200D}x", "👩[ZWJ]x"),
            ("x\u{200D}👩", "x[ZWJ]👩"),
            ("👩\u{200D}\u{200D}💻", "👩[ZWJ ×2]💻"),
            ("❤\u{FE0F}\u{FE0F}", "❤\u{FE0F}[+1 invisible]"),
            ("1\u{FE0F}", "1[+1 invisible]"),
        ]);
    }

    #[test]
    fn a_pile_of_marks_is_cut() {
        let pile = |n_marks: usize| format!("a{}b", "\u{301}".repeat(n_marks));
        assert!(is_plain(&pile(8)));
        assert_eq!(spoken(&pile(20)), format!("a{}[+12 marks]b", "\u{301}".repeat(8)));
        let hidden_between = format!("a{}", "\u{301}\u{34F}".repeat(10));
        assert_eq!(spoken(&hidden_between).matches("marks]").count(), 2);
    }

    #[test]
    fn padding_is_counted() {
        check(&[("a       b", "a       b"), ("a        b", "a[8 spaces]b")]);
        assert_eq!(spoken(&" ".repeat(5000)), "[5000 spaces]");
    }

    #[test]
    fn tokens_say_what_they_are() {
        let title = |text: &'static str| match pieces(text).first() {
            Some(Piece::Token(token)) => token.title(),
            other => panic!("{other:?}"),
        };
        assert_eq!(title("\u{202E}"), "Right-to-left override, U+202E");
        assert_eq!(title("\u{200B}\u{200B}"), "Zero-width space, U+200B, 2 times");
        assert_eq!(title("\u{E000}"), "Private-use character, U+E000");
        assert_eq!(title("\u{1}"), "Control character, U+0001");
        assert_eq!(title("\u{2003}"), "Unusual space, U+2003");
        assert_eq!(title("\u{FFFE}"), "Noncharacter, U+FFFE");
        assert_eq!(title("\u{378}"), "Invisible or unassigned character, U+0378");
        assert_eq!(title("\u{E0041}"), "Tag characters or variation selectors, 1");
    }

    #[test]
    fn clipping_counts_what_it_leaves_out() {
        assert_eq!(clipped("größe", 3), ("grö", 2));
        assert_eq!(clipped("größe", 5), ("größe", 0));
        assert_eq!(clipped("größe", 0), ("", 5));
        assert_eq!(clipped("", 0), ("", 0));
    }

    #[test]
    fn files_have_folder_name_and_extension() {
        check_entity(
            "file",
            &[
                (
                    r"C:\Temp\update_kb5031.cab",
                    r"C:\Temp\",
                    "update_kb5031",
                    ".cab",
                    false,
                ),
                ("/var/tmp/.x/miner.elf", "/var/tmp/.x/", "miner", ".elf", false),
                (r"\\srv\share/a.b\c", r"\\srv\share/a.b\", "c", "", false),
                ("/home/a/.bashrc", "/home/a/", ".bashrc", "", false),
                (r"C:\Temp\", r"C:\", r"Temp\", "", false),
                (r"\", "", r"\", "", false),
                ("", "", "", "", false),
                ("Mr. Smith", "", "Mr. Smith", "", false),
                ("jquery.min.js", "", "jquery.min", ".js", false),
                ("archive.tar.gz", "", "archive.tar", ".gz", false),
            ],
        );
    }

    #[test]
    fn disguised_files_are_deceptive() {
        check_entity(
            "file",
            &[
                (
                    "Invoice_4471\u{202E}fdp.exe",
                    "",
                    "Invoice_4471\u{202E}fdp",
                    ".exe",
                    true,
                ),
                ("setup\u{200B}.msi", "", "setup\u{200B}", ".msi", true),
                (r"E:\Photos_2026.PDF.scr", r"E:\", "Photos_2026.PDF", ".scr", true),
                (
                    r"D:\HR\تقرير الرواتب.docx.lnk",
                    r"D:\HR\",
                    "تقرير الرواتب.docx",
                    ".lnk",
                    true,
                ),
                ("a.exe. .", "", "a", ".exe. .", true),
                (
                    "a.pdf                .exe",
                    "",
                    "a.pdf                ",
                    ".exe",
                    true,
                ),
                ("a.pdf\u{A0}\u{A0}.exe", "", "a.pdf\u{A0}\u{A0}", ".exe", true),
                ("a\u{FF0E}pdf.exe", "", "a\u{FF0E}pdf", ".exe", true),
                ("a\u{2024}pdf.js", "", "a\u{2024}pdf", ".js", true),
                ("a.txt:b.exe", "", "a.txt:b", ".exe", true),
                ("a.e\u{200D}xe", "", "a", ".e\u{200D}xe", true),
            ],
        );
    }

    #[test]
    fn arguments_of_a_process_belong_to_its_name() {
        check_entity(
            "process",
            &[
                (
                    "powershell.exe -nop -enc SQBF",
                    "",
                    "powershell.exe -nop -enc SQBF",
                    "",
                    false,
                ),
                (
                    r"rundll32.exe C:\Users\a.dat,Start",
                    "",
                    r"rundll32.exe C:\Users\a.dat,Start",
                    "",
                    false,
                ),
                (
                    r"C:\Program Files\x\y.exe",
                    r"C:\Program Files\x\",
                    "y",
                    ".exe",
                    false,
                ),
                (
                    r"C:\Program Files\x\y.exe -z C:\a",
                    r"C:\Program Files\x\",
                    r"y.exe -z C:\a",
                    "",
                    false,
                ),
                (
                    "\"C:\\a b\\c.exe\" /q D:\\e",
                    "\"C:\\a b\\",
                    "c.exe\" /q D:\\e",
                    "",
                    false,
                ),
                (
                    "/usr/bin/python3 /tmp/a.py",
                    "/usr/bin/",
                    "python3 /tmp/a.py",
                    "",
                    false,
                ),
            ],
        );
    }

    #[test]
    fn keys_and_tasks_have_a_path_and_others_only_a_name() {
        check_entity(
            "registryKey",
            &[(
                r"HKCU\Run\One/Drive.exe",
                r"HKCU\Run\",
                "One/Drive.exe",
                "",
                false,
            )],
        );
        check_entity(
            "scheduledTask",
            &[(r"\AdobeFlashSync", r"\", "AdobeFlashSync", "", false)],
        );
        check_entity(
            "url",
            &[("https://a.example/x.js", "", "https://a.example/x.js", "", false)],
        );
        check_entity("newType", &[(r"a\b.exe", "", r"a\b.exe", "", false)]);
    }

    #[test]
    fn only_clean_web_addresses_open() {
        for url in [
            "https://a.example",
            "HTTP://a.example:8080/x?y=z@w#q",
            "https://[::1]/",
            "https://ä.example/",
        ] {
            assert_eq!(safe_link(url), Some(url));
        }
        for url in [
            "",
            "javascript:alert(1)",
            "JaVaScRiPt://a.example/%0aalert(1)",
            "java\tscript:alert(1)",
            " https://a.example",
            "https://a.example\n",
            "https:a.example",
            "https:///a.example",
            "https://",
            "https://:80/",
            "//a.example",
            "https://good.example@a.example/",
            "https://u:p@a.example",
            "https:\\\\a.example",
            "https://good.example\\@a.example",
            "https://a.example/\u{202E}",
            "data:text/html,x",
            "file:///etc/passwd",
            "/relative",
        ] {
            assert_eq!(safe_link(url), None, "{url:?}");
        }
    }

    #[test]
    fn relative_references_stay_on_this_origin() {
        for url in [
            "/sign-in?back=https://a.example",
            "sign-in",
            "./x:y",
            "?a",
            "#a",
            "https://a.example",
        ] {
            assert_eq!(safe_link_or_relative(url), Some(url));
        }
        for url in [
            "",
            "//a.example",
            "/\\a.example",
            "\\\\a.example",
            "javascript:alert(1)",
            "x:y",
            "/\t/a.example",
        ] {
            assert_eq!(safe_link_or_relative(url), None, "{url:?}");
        }
    }

    /// Texts in which the characters that matter are frequent.
    fn hostile() -> impl Strategy<Value = String> {
        let character = prop_oneof![
            any::<char>(),
            proptest::sample::select(
                "a1 \\/.:\u{301}\u{202E}\u{200B}\u{200D}\u{FE0F}\u{20E3}👩💻❤🏽\u{E0041}\u{A0}\t\r\n\0\"'"
                    .chars()
                    .collect::<Vec<_>>()
            ),
        ];
        proptest::collection::vec(character, 0..60).prop_map(|characters| characters.into_iter().collect())
    }

    #[test]
    fn a_megabyte_costs_no_more_than_its_length() {
        for unit in [
            ".",
            " ",
            "\\",
            "a.exe",
            "\u{301}",
            "\u{200B}\u{202E}",
            "👩\u{200D}",
            ". ",
            "\"",
        ] {
            let text = unit.repeat((1 << 20) / unit.len());
            let n_bytes: usize = pieces(&text)
                .iter()
                .map(|piece| match piece {
                    Piece::Plain(plain) => plain.len(),
                    Piece::Token(token) => token.text().len(),
                })
                .sum();
            assert_eq!(n_bytes, text.len());
            for entity_type in ["file", "process", "registryKey"] {
                let parts = entity_parts(&text, entity_type);
                assert_eq!(
                    parts.path.len() + parts.name.len() + parts.extension.len(),
                    text.len()
                );
            }
        }
    }

    fn joins_emoji(character: char) -> bool {
        matches!(character, '\u{200D}' | '\u{FE0E}' | '\u{FE0F}')
    }

    fn precedes_joint(character: char) -> bool {
        is_emoji(character) || matches!(character, '0'..='9' | '#' | '*' | '\u{FE0E}' | '\u{FE0F}')
    }

    proptest! {
        #[test]
        fn pieces_rejoin(text in hostile()) {
            let joined: String = pieces(&text)
                .iter()
                .map(|piece| match piece {
                    Piece::Plain(plain) => plain,
                    Piece::Token(token) => token.text(),
                })
                .collect();
            prop_assert_eq!(joined, text);
        }

        #[test]
        fn nothing_dangerous_is_plain(text in hostile()) {
            for piece in pieces(&text) {
                let Piece::Plain(plain) = piece else { continue };
                let mut before = None;
                let mut n_marks = 0;
                for character in plain.chars() {
                    if is_dangerous(character) {
                        prop_assert!(joins_emoji(character));
                        prop_assert!(before.is_some_and(precedes_joint));
                    }
                    n_marks = if is_mark(character) { n_marks + 1 } else { 0 };
                    prop_assert!(n_marks <= 8);
                    before = Some(character);
                }
            }
        }

        #[test]
        fn what_is_spoken_holds_nothing_dangerous_but_emoji(text in hostile()) {
            for character in spoken(&text).chars() {
                prop_assert!(!is_dangerous(character) || joins_emoji(character));
            }
        }

        #[test]
        fn parts_of_an_entity_rejoin(text in hostile(), kind in 0..4_usize) {
            let entity_type = ["file", "process", "registryKey", "user"][kind];
            let parts = entity_parts(&text, entity_type);
            prop_assert_eq!([parts.path, parts.name, parts.extension].concat(), text);
        }

        #[test]
        fn a_safe_link_is_an_address_of_the_web(text in hostile(), prefix in "(?i)(https?://|javascript:|//)?") {
            let url = prefix + &text;
            if safe_link(&url).is_some() {
                prop_assert!(url.to_ascii_lowercase().starts_with("http"));
                prop_assert!(!url.chars().any(|character| character.is_whitespace() || character.is_control()));
            }
        }
    }
}
