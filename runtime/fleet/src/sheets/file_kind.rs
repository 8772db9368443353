//! Kinds of files, told by their first bytes: names lie.

use super::error::SheetError;

/// Begins a file of the kind that workbooks of before 2007 are, and those that a password protects.
const COMPOUND_FILE: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";

/// Begins an archive, as which workbooks come.
const ARCHIVE: &[u8] = b"PK\x03\x04";

/// The part of a compound file that holds a workbook under a password, in UTF-16.
const ENCRYPTED_PACKAGE: &str = "EncryptedPackage";

/// The kind of a file that is read as a sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileKind {
    /// A workbook of Office Open XML.
    Workbook,
    /// A spreadsheet of OpenDocument.
    OpenDocument,
    /// A text whose cells stand between separators.
    Csv { separator: u8 },
}

/// Whether a file is an archive.
///
/// # Errors
/// The file is of a kind that is not read.
pub(super) fn is_archive(bytes: &[u8]) -> Result<bool, SheetError> {
    if bytes.starts_with(COMPOUND_FILE) {
        let name: Vec<u8> = ENCRYPTED_PACKAGE.encode_utf16().flat_map(u16::to_le_bytes).collect();
        if bytes.windows(name.len()).any(|window| window == name) {
            return Err(SheetError::Password);
        }
        let form = "a workbook of a spreadsheet of before 2007 (.xls)";
        return Err(SheetError::OtherForm { form });
    }
    if bytes.starts_with(b"%PDF") {
        return Err(SheetError::OtherForm { form: "a PDF" });
    }
    if bytes.starts_with(b"<") {
        return Err(SheetError::OtherForm { form: "a page or XML" });
    }
    Ok(bytes.starts_with(ARCHIVE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_are_not_read_are_called_by_their_names() {
        let name: Vec<u8> = ENCRYPTED_PACKAGE.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let protected = [COMPOUND_FILE, &[0; 100], &name, &[0; 9]].concat();
        assert_eq!(is_archive(&protected), Err(SheetError::Password));
        let old = [COMPOUND_FILE, &[0; 100]].concat();
        for (bytes, expected) in
            [(&old[..], ".xls"), (&b"%PDF-1.7"[..], "a PDF"), (&b"<html><table>"[..], "a page")]
        {
            let said = is_archive(bytes).unwrap_err().to_string();
            assert!(said.contains(expected) && said.contains("save it as"), "{said}");
        }
        assert_eq!(is_archive(b"PK\x03\x04..."), Ok(true));
        assert_eq!(is_archive(b"DevEUI;Name"), Ok(false));
        assert_eq!(is_archive(b""), Ok(false));
    }
}
