//! The files that are written by hand for systems: the unit of systemd, the scripts of dpkg, the licence.

/// The unit that systemd runs the server by.
pub(crate) const UNIT: &str = include_str!("../debian/champollion.service");

/// The script that dpkg runs once the files are there.
pub(crate) const AFTER_INSTALLATION: &str = include_str!("../debian/postinst");

/// The script that dpkg runs before files go.
pub(crate) const BEFORE_REMOVAL: &str = include_str!("../debian/prerm");

/// The script that dpkg runs after files went.
pub(crate) const AFTER_REMOVAL: &str = include_str!("../debian/postrm");

/// The holders of rights, and the licence.
pub(crate) const COPYRIGHT: &str = include_str!("../debian/copyright");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{DATA_FOLDER, MASTER_KEY, SETTINGS_FILE};

    #[test]
    fn unit_and_scripts_name_the_places_that_the_settings_name() {
        assert!(UNIT.contains(&format!("LoadCredential=champollion-master-key:{MASTER_KEY}\n")));
        assert!(UNIT.contains(&format!("LoadCredential=champollion.toml:{SETTINGS_FILE}\n")));
        assert!(UNIT.contains("StateDirectory=champollion\n"));
        assert!(DATA_FOLDER.starts_with("/var/lib/champollion/"));
        assert!(AFTER_INSTALLATION.contains(MASTER_KEY));
    }
}
