//! The settings of the figures.

use champollion_fleet::people::Email;
use champollion_service::{
    gateways::GatewayMails,
    outbox::{Language, LocalTime},
};
use serde::Deserialize;

use crate::sign_in::page_below;

/// The page of gateways, which mails lead to.
const PAGE: &str = "/operator/gateways";

/// The settings of the figures: the section `[quality]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct QualitySettings {
    /// The years that figures are kept.
    pub years: u16,
    /// The share of objects in service that is promised to be heard each day, in percent.
    pub daily_percent: u8,
    /// The share of objects in service that is promised to be heard within 14 days, in percent.
    pub fortnight_percent: u8,
    /// The addresses that are told of gateways which go silent, or are heard again.
    pub gateway_mails: Vec<Email>,
    /// The language of these mails.
    pub gateway_mails_language: Language,
}

impl QualitySettings {
    /// Returns the people who are told of gateways, by some clocks. Mails lead to a page below the public address, where
    /// there is one.
    #[must_use]
    pub fn gateway_mails(&self, public_address: &str, clocks: LocalTime) -> GatewayMails {
        let page = page_below(public_address, PAGE);
        let language = self.gateway_mails_language;
        GatewayMails { to: self.gateway_mails.clone(), language, page, clocks }
    }
}
