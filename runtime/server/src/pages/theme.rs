//! Light or dark: as the device says, or as the person has chosen.

/// The colours of pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Theme {
    /// The device says which.
    #[default]
    Device,
    /// Dark text on a light ground.
    Light,
    /// Light text on a dark ground.
    Dark,
}

impl Theme {
    /// The name of the cookie in which a choice is kept.
    pub(super) const COOKIE: &'static str = "champollion-theme";

    /// All themes, in the order in which people choose.
    pub(super) const ALL: [Self; 3] = [Self::Device, Self::Light, Self::Dark];

    /// Returns the word of the theme in cookies and addresses.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// Returns the theme of a word.
    pub(super) fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.word() == word)
    }
}
