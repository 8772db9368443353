//! The tokens of a text that may be a date: numbers, signs, and the words that dates have.

/// Digits of a number that count; further ones are passed over.
pub(crate) const SIGNIFICANT_DIGITS: usize = 9;

/// Letters of a word that are compared.
const PREFIX: usize = 3;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Token {
    Number { value: i32, digits: usize },
    Symbol(char),
    Word(Word),
    Space,
    Other,
    End,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Word {
    Month(i32),
    /// Hours that are added to those of a clock of twelve.
    HalfOfDay(i32),
    /// Hours from UTC, and whether it is `Z`.
    Zone(i32, bool),
    TimeFollows,
    Unknown,
}

impl Token {
    pub(crate) fn fixed(self, digits: usize) -> Option<i32> {
        match self {
            Self::Number { value, digits: found } if found == digits => Some(value),
            _ => None,
        }
    }

    pub(crate) fn sign(self) -> Option<i32> {
        match self {
            Self::Symbol('+') => Some(1),
            Self::Symbol('-') => Some(-1),
            _ => None,
        }
    }

    pub(crate) fn is_z(self) -> bool {
        matches!(self, Self::Word(Word::Zone(_, true)))
    }
}

impl Word {
    pub(crate) fn of(prefix: [char; PREFIX], letters: usize) -> Self {
        const MONTHS: [&str; 12] =
            ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
        const ZONES: [(&str, i32); 12] = [
            ("ut", 0),
            ("utc", 0),
            ("z", 0),
            ("gmt", 0),
            ("cdt", -5),
            ("cst", -6),
            ("edt", -4),
            ("est", -5),
            ("mdt", -6),
            ("mst", -7),
            ("pdt", -7),
            ("pst", -8),
        ];
        let found: String = prefix.iter().take(letters).collect();
        let name = found.as_str();
        // Only the name of a month may be longer than what is compared.
        if let Some(month) = (1..).zip(MONTHS).find(|(_, month)| *month == name) {
            return Self::Month(month.0);
        }
        match name {
            _ if letters > PREFIX => Self::Unknown,
            "am" => Self::HalfOfDay(0),
            "pm" => Self::HalfOfDay(12),
            "t" => Self::TimeFollows,
            _ => ZONES
                .iter()
                .find(|(zone, _)| *zone == name)
                .map_or(Self::Unknown, |(zone, hours)| Self::Zone(*hours, *zone == "z")),
        }
    }
}

/// The tokens of a text, of which the next is known before it is taken.
pub(crate) struct Scanner<'a> {
    rest: core::iter::Peekable<core::str::Chars<'a>>,
    next: Token,
}

impl<'a> Scanner<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        let mut scanner = Self { rest: text.chars().peekable(), next: Token::End };
        scanner.next = scanner.scan();
        scanner
    }

    pub(crate) fn peek(&self) -> Token {
        self.next
    }

    pub(crate) fn take(&mut self) -> Token {
        let next = self.scan();
        core::mem::replace(&mut self.next, next)
    }

    pub(crate) fn skip(&mut self, symbol: char) -> bool {
        let found = self.next == Token::Symbol(symbol);
        if found {
            self.take();
        }
        found
    }

    /// Takes a number of so many digits within bounds.
    pub(crate) fn fixed(&mut self, digits: usize, least: i32, most: i32) -> Option<i32> {
        let value = self.next.fixed(digits).filter(|value| (least..=most).contains(value))?;
        self.take();
        Some(value)
    }

    fn scan(&mut self) -> Token {
        let Some(&first) = self.rest.peek() else { return Token::End };
        match first {
            '0'..='9' => self.number(),
            ':' | '-' | '+' | '.' | ')' => {
                self.rest.next();
                Token::Symbol(first)
            }
            _ if is_space(first) => {
                self.rest.next();
                Token::Space
            }
            'A'.. => self.word(),
            '(' => {
                self.skip_parentheses();
                Token::Other
            }
            _ => {
                self.rest.next();
                Token::Other
            }
        }
    }

    fn number(&mut self) -> Token {
        let (mut value, mut digits, mut counted) = (0, 0, 0);
        while let Some(digit) = self.rest.next_if(char::is_ascii_digit) {
            digits += 1;
            if (counted > 0 || digit != '0') && counted < SIGNIFICANT_DIGITS {
                value = value * 10 + (digit as i32 - '0' as i32);
                counted += 1;
            }
        }
        Token::Number { value, digits }
    }

    fn word(&mut self) -> Token {
        let mut prefix = ['\0'; PREFIX];
        let mut letters = 0;
        while let Some(letter) = self.rest.next_if(|next| *next >= 'A' && !is_space(*next)) {
            if let Some(place) = prefix.get_mut(letters) {
                *place = letter.to_ascii_lowercase();
            }
            // Characters beyond the first plane are two in JavaScript.
            letters += letter.len_utf16();
        }
        Token::Word(Word::of(prefix, letters))
    }

    fn skip_parentheses(&mut self) {
        let mut open = 0_usize;
        for character in self.rest.by_ref() {
            match character {
                '(' => open += 1,
                ')' => open -= 1,
                _ => {}
            }
            if open == 0 {
                return;
            }
        }
    }
}

/// Whether JavaScript takes a character for white space or the end of a line.
fn is_space(character: char) -> bool {
    character == '\u{feff}' || (character.is_whitespace() && character != '\u{85}')
}
