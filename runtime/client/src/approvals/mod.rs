//! Requests of partners, and their approvals.

mod declaration;
mod requests;

use std::fmt::Display;

use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use crate::{
    Answer, Client, ClientError,
    client::{ask, tell},
    pages::all,
};

pub use declaration::{
    Applicant, ApprovalRequest, Declaration, DeclaredFrequency, DeclaredPeriod, DeclaredRate,
    DeclaredStage,
};
pub use requests::{
    Approval, ApprovalNotice, AskedApproval, DecidedRequest, DecisionRequest, OperatorCheck,
    OperatorCheckResult, PartnerApproval, PartnersRequest, PartnersRequestList, RequestDecision,
    RequestMatter, RequestRemark,
};

impl Client {
    /// Asks for the approval of a partner that is to be: `POST /v1/approvals`.
    pub async fn ask_for_approval(
        &self,
        wish: &ApprovalRequest,
    ) -> Result<Answer<AskedApproval>, ClientError> {
        ask(self.post("v1/approvals").json(wish)).await
    }

    /// Looks at a request by its secret: `POST /v1/approvals/own`.
    pub async fn own_request(
        &self,
        request: Uuid,
        secret: &str,
    ) -> Result<Answer<PartnersRequest>, ClientError> {
        let own = json!({ "request": request, "secret": secret });
        ask(self.post("v1/approvals/own").json(&own)).await
    }

    /// Answers the operator about a request by its secret: `POST /v1/approvals/own/answer`.
    pub async fn answer_own_request(
        &self,
        request: Uuid,
        secret: &str,
        text: &str,
        declaration: Option<&Declaration>,
    ) -> Result<Answer<PartnersRequest>, ClientError> {
        let mut answer = json!({ "request": request, "secret": secret, "text": text });
        if let Some(declaration) = declaration {
            answer["declaration"] = json!(declaration);
        }
        ask(self.post("v1/approvals/own/answer").json(&answer)).await
    }

    /// Takes a request back by its secret: `POST /v1/approvals/own/withdraw`.
    pub async fn withdraw_own_request(
        &self,
        request: Uuid,
        secret: &str,
    ) -> Result<(), ClientError> {
        let own = json!({ "request": request, "secret": secret });
        tell(self.post("v1/approvals/own/withdraw").json(&own)).await
    }

    /// Lists requests, all or those in one state: `GET /v1/approvals`.
    pub async fn requests(
        &self,
        state: Option<&str>,
    ) -> Result<Answer<PartnersRequestList>, ClientError> {
        let query: Vec<(&str, &str)> = state.map(|state| ("state", state)).into_iter().collect();
        all("requests", None, || self.get("v1/approvals").query(&query)).await
    }

    /// Gets a request: `GET /v1/approvals/{id}`.
    pub async fn partners_request(&self, id: Uuid) -> Result<Answer<PartnersRequest>, ClientError> {
        ask(self.get(format_args!("v1/approvals/{id}"))).await
    }

    /// Notes the result of a check, counted from 1: `PUT /v1/approvals/{id}/checks/{number}`.
    pub async fn check_request(
        &self,
        id: Uuid,
        number: usize,
        passed: bool,
        note: Option<&str>,
    ) -> Result<Answer<PartnersRequest>, ClientError> {
        let mut result = json!({ "passed": passed });
        if let Some(note) = note {
            result["note"] = json!(note);
        }
        ask(self.put(format_args!("v1/approvals/{id}/checks/{number}")).json(&result)).await
    }

    /// Remarks on a request, or asks a question: `POST /v1/approvals/{id}/remarks`.
    pub async fn remark_on_request(
        &self,
        id: Uuid,
        text: &str,
        question: bool,
    ) -> Result<Answer<PartnersRequest>, ClientError> {
        let remark = json!({ "text": text, "question": question });
        ask(self.post(format_args!("v1/approvals/{id}/remarks")).json(&remark)).await
    }

    /// Decides about a request: `POST /v1/approvals/{id}/decision`.
    pub async fn decide_request(
        &self,
        id: Uuid,
        decision: &DecisionRequest,
    ) -> Result<Answer<DecidedRequest>, ClientError> {
        ask(self.post(format_args!("v1/approvals/{id}/decision")).json(decision)).await
    }

    /// Gets the approval of a partner: `GET /v1/partners/{partner}/approval`.
    pub async fn approval(
        &self,
        partner: impl Display,
    ) -> Result<Answer<PartnerApproval>, ClientError> {
        ask(self.get(format_args!("v1/partners/{partner}/approval"))).await
    }

    /// Asks for another approval of a partner: `POST /v1/partners/{partner}/approval`.
    pub async fn ask_for_another_approval(
        &self,
        partner: impl Display,
        declaration: &Declaration,
    ) -> Result<Answer<PartnersRequest>, ClientError> {
        let declared = json!({ "declaration": declaration });
        ask(self.post(format_args!("v1/partners/{partner}/approval")).json(&declared)).await
    }

    /// Ends the approval of a partner with notice: `POST /v1/partners/{partner}/approval/end`.
    pub async fn end_approval(
        &self,
        partner: impl Display,
        ends_at: Timestamp,
        letter: &str,
    ) -> Result<Answer<PartnerApproval>, ClientError> {
        let notice = json!({ "endsAt": ends_at, "letter": letter });
        ask(self.post(format_args!("v1/partners/{partner}/approval/end")).json(&notice)).await
    }
}
