//! Requests of partners for decoders.

mod shown;
mod wish;

use std::fmt::Display;

use champollion_sdk::vectors::Vector;
use semver::Version;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::{Answer, Client, ClientError, client::ask, pages::all};

pub use shown::{
    DecoderEstimate, DecoderRequest, DecoderRequestList, DecoderRequestStep, PayloadVerdict,
    RequestCandidate, RequestShadow, SponsorTrial,
};
pub use wish::{DecoderWish, RightValue, SponsorPayload};

impl Client {
    /// Asks for a decoder in the name of a partner: `POST /v1/decoder-requests`.
    pub async fn ask_for_decoder(
        &self,
        partner: impl Display,
        wish: &DecoderWish,
    ) -> Result<Answer<DecoderRequest>, ClientError> {
        let wanted = json!({ "partner": partner.to_string(), "wish": wish });
        ask(self.post("v1/decoder-requests").json(&wanted)).await
    }

    /// Lists requests for decoders, all or those in one state: `GET /v1/decoder-requests`.
    pub async fn decoder_requests(
        &self,
        state: Option<&str>,
    ) -> Result<Answer<DecoderRequestList>, ClientError> {
        let query: Vec<(&str, &str)> = state.map(|state| ("state", state)).into_iter().collect();
        all("requests", None, || self.get("v1/decoder-requests").query(&query)).await
    }

    /// Gets a request for a decoder: `GET /v1/decoder-requests/{id}`.
    pub async fn decoder_request(&self, id: Uuid) -> Result<Answer<DecoderRequest>, ClientError> {
        ask(self.get(format_args!("v1/decoder-requests/{id}"))).await
    }

    /// Gets the payloads of a request as vectors: `GET /v1/decoder-requests/{id}/vectors`.
    pub async fn decoder_request_vectors(
        &self,
        id: Uuid,
    ) -> Result<Answer<Vec<Vector>>, ClientError> {
        ask(self.get(format_args!("v1/decoder-requests/{id}/vectors"))).await
    }

    /// Gives a request other payloads: `PUT /v1/decoder-requests/{id}/payloads`.
    pub async fn replace_payloads(
        &self,
        id: Uuid,
        payloads: &[SponsorPayload],
        text: Option<&str>,
    ) -> Result<Answer<DecoderRequest>, ClientError> {
        let mut body = json!({ "payloads": payloads });
        if let Some(text) = text {
            body["text"] = json!(text);
        }
        ask(self.put(format_args!("v1/decoder-requests/{id}/payloads")).json(&body)).await
    }

    /// Tells the price and the day: `POST /v1/decoder-requests/{id}/estimate`.
    pub async fn estimate_decoder(
        &self,
        id: Uuid,
        estimate: &DecoderEstimate,
    ) -> Result<Answer<DecoderRequest>, ClientError> {
        self.carry_on(id, "estimate", &json!(estimate)).await
    }

    /// Orders what was estimated: `POST /v1/decoder-requests/{id}/order`.
    pub async fn order_decoder(
        &self,
        id: Uuid,
        order_number: Option<&str>,
    ) -> Result<Answer<DecoderRequest>, ClientError> {
        let body =
            order_number.map_or_else(|| json!({}), |number| json!({ "orderNumber": number }));
        self.carry_on(id, "order", &body).await
    }

    /// Asks the partner something: `POST /v1/decoder-requests/{id}/question`.
    pub async fn question_decoder_request(
        &self,
        id: Uuid,
        text: &str,
    ) -> Result<Answer<DecoderRequest>, ClientError> {
        self.carry_on(id, "question", &json!({ "text": text })).await
    }

    /// Answers the operator: `POST /v1/decoder-requests/{id}/answer`.
    pub async fn answer_decoder_request(
        &self,
        id: Uuid,
        text: &str,
    ) -> Result<Answer<DecoderRequest>, ClientError> {
        self.carry_on(id, "answer", &json!({ "text": text })).await
    }

    /// Names the candidate that was published: `POST /v1/decoder-requests/{id}/candidate`.
    pub async fn propose_candidate(
        &self,
        id: Uuid,
        decoder: impl Display,
        version: &Version,
    ) -> Result<Answer<DecoderRequest>, ClientError> {
        let body = json!({ "decoder": decoder.to_string(), "version": version });
        self.carry_on(id, "candidate", &body).await
    }

    /// Accepts the candidate, or sends it back: `POST /v1/decoder-requests/{id}/verdict`.
    pub async fn judge_candidate(
        &self,
        id: Uuid,
        accepted: bool,
        text: Option<&str>,
    ) -> Result<Answer<DecoderRequest>, ClientError> {
        let mut body = json!({ "accepted": accepted });
        if let Some(text) = text {
            body["text"] = json!(text);
        }
        self.carry_on(id, "verdict", &body).await
    }

    /// Makes the accepted candidate stable: `POST /v1/decoder-requests/{id}/stable`.
    pub async fn finish_decoder_request(
        &self,
        id: Uuid,
    ) -> Result<Answer<DecoderRequest>, ClientError> {
        ask(self.post(format_args!("v1/decoder-requests/{id}/stable"))).await
    }

    /// Declines a request: `POST /v1/decoder-requests/{id}/decline`.
    pub async fn decline_decoder_request(
        &self,
        id: Uuid,
        text: &str,
    ) -> Result<Answer<DecoderRequest>, ClientError> {
        self.carry_on(id, "decline", &json!({ "text": text })).await
    }

    /// Withdraws a request: `POST /v1/decoder-requests/{id}/withdraw`.
    pub async fn withdraw_decoder_request(
        &self,
        id: Uuid,
        text: &str,
    ) -> Result<Answer<DecoderRequest>, ClientError> {
        self.carry_on(id, "withdraw", &json!({ "text": text })).await
    }

    async fn carry_on(
        &self,
        id: Uuid,
        step: &str,
        body: &Json,
    ) -> Result<Answer<DecoderRequest>, ClientError> {
        ask(self.post(format_args!("v1/decoder-requests/{id}/{step}")).json(body)).await
    }
}
