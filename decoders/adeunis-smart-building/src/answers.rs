//! Answers of the device to what it was sent.

use champollion_sdk::{Words, families::adeunis, prelude::*, word};
use serde::Serialize;

use crate::Content;

/// The fate of a downlink. The maker's codec calls all other numbers another reason; here they are told.
const REQUESTS: Words =
    &[(1, "success"), (2, "errorGeneric"), (3, "errorWrongState"), (4, "errorInvalidRequest")];

/// The fate of a register.
const REGISTERS: Words = &[
    (1, "success"),
    (2, "successNoUpdate"),
    (3, "errorCoherency"),
    (4, "errorInvalidRegister"),
    (5, "errorInvalidValue"),
    (6, "errorTruncatedValue"),
    (7, "errorAccesNotAllowed"),
];

/// 0x2F: whether a DELTA P has taken a downlink.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Acknowledged {
    request_status: String,
}

impl Content for Acknowledged {
    fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let request_status = word(REQUESTS, *payload.u8()?);
        Ok(Self { request_status })
    }
}

/// 0x31: the values of registers that were asked for.
#[derive(Debug, Serialize)]
pub(crate) struct Values {
    /// In the order in which they were asked for, which the frame does not tell.
    values: String,
}

impl Content for Values {
    fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        Ok(Self { values: adeunis::values(payload)? })
    }
}

/// 0x33: whether a register was set.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Register {
    request_status: String,
    register_id: Spanned<u16>,
}

impl Content for Register {
    fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let request_status = word(REGISTERS, *payload.u8()?);
        Ok(Self { request_status, register_id: payload.u16_be()? })
    }
}

/// 0x37: the versions of the software.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Versions {
    app_version: String,
    rtu_version: String,
}

impl Content for Versions {
    fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let mut version = || {
            let [major, minor, patch] = *payload.array()?;
            Ok::<_, Failure>(format!("{major}.{minor}.{patch}"))
        };
        Ok(Self { app_version: version()?, rtu_version: version()? })
    }
}
