//! Lists as tables: CSV, and workbooks of spreadsheets.

use jiff::civil::Date;
use reqwest::{RequestBuilder, header::ACCEPT};
use serde::Serialize;

use crate::{
    AlertState, Client, ClientError, QualityQuery, SilentQuery,
    client::{OfGroup, bytes},
};

/// Most bytes of a table: that of a million rows.
const TABLE_BYTES: usize = 512 << 20;

/// The form of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableForm {
    /// A text of comma-separated values, in a layout.
    Csv(TableLayout),
    /// A workbook of one sheet.
    Xlsx,
}

/// The layout of a table of CSV.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TableLayout {
    /// Commas between cells, a decimal point.
    #[default]
    International,
    /// Semicolons between cells, a decimal comma and a byte order mark, as French spreadsheets open them.
    French,
}

/// The query of a layout, which a workbook has none of.
#[derive(Serialize)]
pub(crate) struct InLayout {
    pub(crate) layout: Option<TableLayout>,
}

impl TableForm {
    fn media_type(self) -> &'static str {
        match self {
            Self::Csv(_) => "text/csv",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }

    fn layout(self) -> InLayout {
        let layout = match self {
            Self::Csv(layout) => Some(layout),
            Self::Xlsx => None,
        };
        InLayout { layout }
    }
}

/// The query of a table of alerts.
#[derive(Serialize)]
struct OfAlerts<'of> {
    group: Option<&'of str>,
    state: AlertState,
}

/// The functions give the bytes of a file, with all rows.
impl Client {
    /// Returns the totals of statements as a table: `GET /v1/statements`.
    pub async fn statements_table(
        &self,
        date: Date,
        form: TableForm,
    ) -> Result<Vec<u8>, ClientError> {
        table(self.get("v1/statements").query(&[("date", date)]), form).await
    }

    /// Returns figures of connectivity as a table: `GET /v1/quality`.
    pub async fn quality_table(
        &self,
        query: &QualityQuery,
        form: TableForm,
    ) -> Result<Vec<u8>, ClientError> {
        table(self.get("v1/quality").query(query), form).await
    }

    /// Returns silent objects as a table: `GET /v1/quality/silent`.
    pub async fn silent_table(
        &self,
        query: &SilentQuery,
        form: TableForm,
    ) -> Result<Vec<u8>, ClientError> {
        table(self.get("v1/quality/silent").query(query), form).await
    }

    /// Returns objects that are left out of the shares as a table: `GET /v1/quality/excluded`.
    pub async fn excluded_table(
        &self,
        query: &SilentQuery,
        form: TableForm,
    ) -> Result<Vec<u8>, ClientError> {
        table(self.get("v1/quality/excluded").query(query), form).await
    }

    /// Returns the availability as a table: `GET /v1/quality/availability`.
    pub async fn availability_table(
        &self,
        group: Option<&str>,
        form: TableForm,
    ) -> Result<Vec<u8>, ClientError> {
        table(self.get("v1/quality/availability").query(&OfGroup { group }), form).await
    }

    /// Returns the gateways as a table: `GET /v1/gateways`.
    pub async fn gateways_table(&self, form: TableForm) -> Result<Vec<u8>, ClientError> {
        table(self.get("v1/gateways"), form).await
    }

    /// Returns the alerts of a group as a table: `GET /v1/alerts`.
    pub async fn alerts_table(
        &self,
        group: Option<&str>,
        state: AlertState,
        form: TableForm,
    ) -> Result<Vec<u8>, ClientError> {
        table(self.get("v1/alerts").query(&OfAlerts { group, state }), form).await
    }

    /// Returns notices, or those in one state, as a table: `GET /v1/notices`.
    pub async fn notices_table(
        &self,
        state: Option<&str>,
        form: TableForm,
    ) -> Result<Vec<u8>, ClientError> {
        let wanted = state.map(|state| ("state", state));
        table(self.get("v1/notices").query(&wanted.as_slice()), form).await
    }

    /// Returns the schedules as a table: `GET /v1/schedules`.
    pub async fn schedules_table(&self, form: TableForm) -> Result<Vec<u8>, ClientError> {
        table(self.get("v1/schedules"), form).await
    }
}

async fn table(request: RequestBuilder, form: TableForm) -> Result<Vec<u8>, ClientError> {
    let request = request.query(&form.layout());
    bytes(request.header(ACCEPT, form.media_type()), TABLE_BYTES).await
}
