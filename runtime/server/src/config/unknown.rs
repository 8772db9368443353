//! The words about a setting that does not exist: the name that was probably meant stands in them.

use crate::nearest::meant_member;

/// Starts the sentence about a member that a section does not have.
const UNKNOWN: &str = "unknown field `";

/// Begins the name of the section in such a sentence.
const SECTION: &str = " for key `";

/// Returns the sentence about an error of the settings. Where a name is like the one that does not exist, it stands
/// there instead of the list of all.
pub(super) fn told(said: &str) -> String {
    let (names, section) = said.split_once(SECTION).unwrap_or((said, ""));
    let unknown = names.strip_prefix(UNKNOWN).and_then(|rest| rest.split('`').next());
    let (Some(unknown), Some(nearest)) = (unknown, meant_member(names)) else {
        return said.to_owned();
    };
    let within = match section.rsplit_once('`') {
        Some((section, behind)) => format!(" in [{section}]{behind}"),
        None => String::new(),
    };
    format!(
        "`{unknown}` is no setting{within}{} `champollion serve --print-config` explains all",
        meant(Some(nearest))
    )
}

/// Returns the words that name what was probably meant; none where nothing is like it.
pub(super) fn meant(nearest: Option<&str>) -> String {
    nearest.map(|nearest| format!(", did you mean `{nearest}`?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_answered_with_the_nearest_name_and_its_section() {
        let said = "unknown field `huors`, expected `hours` for key `retention`";
        assert_eq!(
            told(said),
            "`huors` is no setting in [retention], did you mean `hours`? `champollion serve --print-config` explains all"
        );
        let said = "unknown field `lsiten`, expected one of `listen`, `data-dir`, `http`";
        assert!(told(said).starts_with("`lsiten` is no setting, did you mean `listen`?"));
        let said =
            "unknown field `isuer`, expected one of `issuer`, `scopes` for key `sign-in.openid`";
        assert!(told(said).contains("in [sign-in.openid], did you mean `issuer`?"));
    }

    #[test]
    fn all_else_is_told_as_it_was() {
        for said in [
            "unknown field `wine`, expected one of `listen`, `http`",
            "invalid type: string \"many\", expected u32 for key `retention.hours` in settings.toml",
        ] {
            assert_eq!(told(said), said);
        }
    }
}
