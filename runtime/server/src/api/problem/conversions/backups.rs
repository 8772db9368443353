//! Backups that are not begun.

use super::super::Problem;
use crate::backups::BackupRefusal;

impl From<BackupRefusal> for Problem {
    fn from(refusal: BackupRefusal) -> Self {
        let code = match refusal {
            BackupRefusal::Name => {
                return Self::bad_request("invalid-body", refusal.to_string()).with("path", "name");
            }
            BackupRefusal::NoFolder => "no-backup-folder",
            BackupRefusal::Database => "backup-of-database",
            BackupRefusal::Exists(_) => "backup-exists",
            BackupRefusal::UnderWay => "backup-under-way",
        };
        Self::conflict(code, refusal.to_string())
    }
}
