//! S3: a file is an object. An object is there once all of it is, so it needs no temporary name.

use async_trait::async_trait;
use futures_util::stream;
use http::{Request, Response};
use opendal::{
    Buffer, ErrorKind, HttpBody, HttpTransport, HttpTransporter, OperationContext, Operator,
    services::S3,
};

use super::{
    definition::S3Place,
    error::{PlaceError, UnusablePlace},
    http::{self as over_http, ANSWER},
    interface::Place,
    text::{plain, said},
};
use crate::destinations::{Connector, DestinationLimits, HttpClient, HttpError};

/// Characters of a bucket's name, at least and at most.
const BUCKET: std::ops::RangeInclusive<usize> = 3..=63;

/// Most characters of a region's name.
const REGION: usize = 63;

pub(super) struct Bucket {
    operator: Operator,
    place: S3Place,
}

impl S3Place {
    pub(super) fn open(
        &self,
        destination_limits: &DestinationLimits,
        connector: Connector,
    ) -> Result<Bucket, UnusablePlace> {
        over_http::check("endpoint", &self.endpoint, destination_limits, &connector)?;
        check_bucket(&self.bucket)?;
        check_region(&self.region)?;
        said("accessKey", &self.access_key)?;
        plain("folder", &self.folder)?;
        // What the machine's environment or its cloud would say is not looked at: the route says all.
        let builder = S3::default()
            .endpoint(self.endpoint.as_str().trim_end_matches('/'))
            .region(&self.region)
            .bucket(&self.bucket)
            .access_key_id(&self.access_key)
            .secret_access_key(self.secret_key.reveal())
            .root(&format!("/{}", self.folder.trim_matches('/')))
            .disable_config_load()
            .disable_ec2_metadata();
        let builder = if self.path_style { builder } else { builder.enable_virtual_host_style() };
        let client = over_http::client(&self.tls, connector)?;
        let operator =
            Operator::new(builder).map_err(|error| UnusablePlace::Client(error.to_string()))?;
        let transport = HttpTransporter::new(Transport(client));
        let context = OperationContext::new().with_http_transport(transport);
        Ok(Bucket { operator: operator.with_context(context), place: self.clone() })
    }
}

/// Checks the name of a bucket, which may become a part of the server's.
fn check_bucket(bucket: &str) -> Result<(), UnusablePlace> {
    let is_end = |byte: Option<&u8>| {
        byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    let is_inner =
        |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(byte);
    let bytes = bucket.as_bytes();
    let is_name = BUCKET.contains(&bytes.len())
        && bytes.iter().all(is_inner)
        && is_end(bytes.first())
        && is_end(bytes.last())
        && !["..", ".-", "-."].into_iter().any(|pair| bucket.contains(pair))
        && bucket.parse::<std::net::Ipv4Addr>().is_err();
    if is_name {
        return Ok(());
    }
    Err(UnusablePlace::Grammar {
        member: "bucket",
        value: bucket.to_owned(),
        form: "it must be 3 to 63 small letters, digits, dots and hyphens, begin and end with a letter \
               or digit, and be no IP address",
    })
}

/// Checks the name of a region, which may become a part of the server's name.
fn check_region(region: &str) -> Result<(), UnusablePlace> {
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if (1..=REGION).contains(&region.len()) && region.bytes().all(is_inner) {
        return Ok(());
    }
    Err(UnusablePlace::Grammar {
        member: "region",
        value: region.to_owned(),
        form: "it must be 1 to 63 letters, digits, hyphens and underscores",
    })
}

/// Carries the requests of the library: wherever it makes them lead, the connector has the last word, and
/// of an answer no more is read than there may be.
struct Transport(HttpClient);

impl HttpTransport for Transport {
    async fn fetch(&self, request: Request<Buffer>) -> opendal::Result<Response<HttpBody>> {
        let answer = self.0.send(request.map(|body| body.to_bytes()), ANSWER).await;
        let answer = answer.map_err(|error| {
            opendal::Error::new(ErrorKind::Unexpected, "there is no answer").set_source(error)
        })?;
        let length = answer.body.len() as u64;
        let body = stream::iter([Ok(Buffer::from(answer.body))]);
        let mut response = Response::new(HttpBody::new(body, Some(length)));
        *response.status_mut() = answer.status;
        *response.headers_mut() = answer.headers;
        Ok(response)
    }
}

impl Bucket {
    fn meaning(&self, error: &opendal::Error, what: &'static str) -> PlaceError {
        let host = self.place.endpoint.host_str().unwrap_or_default();
        let mut cause = std::error::Error::source(error);
        while let Some(reason) = cause {
            if let Some(error) = reason.downcast_ref::<HttpError>() {
                return over_http::meaning(host, error);
            }
            cause = reason.source();
        }
        let reason = error.to_string();
        let bucket = format!("the bucket {}", self.place.bucket);
        match error.kind() {
            _ if ["InvalidAccessKeyId", "SignatureDoesNotMatch"]
                .into_iter()
                .any(|code| reason.contains(code)) =>
            {
                PlaceError::Login { user: self.place.access_key.clone(), reason }
            }
            ErrorKind::PermissionDenied => PlaceError::Denied { what: bucket, reason },
            ErrorKind::NotFound => PlaceError::Missing { what: bucket, reason },
            // The library takes a bucket that is not there for a mistake in its configuration.
            _ if reason.contains("NoSuchBucket") => PlaceError::Missing { what: bucket, reason },
            _ if reason.contains("InsufficientStorage") => PlaceError::Full { reason },
            _ => PlaceError::Refused { what, reason },
        }
    }
}

#[async_trait]
impl Place for Bucket {
    async fn put(&self, name: &str, bytes: &[u8]) -> Result<(), PlaceError> {
        let written = self.operator.write(name, bytes.to_vec()).await;
        written.map(drop).map_err(|error| self.meaning(&error, "writing the file"))
    }

    async fn remove(&self, name: &str) -> Result<(), PlaceError> {
        let removed = self.operator.delete(name).await;
        removed.map_err(|error| self.meaning(&error, "taking the file away"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_and_a_region_are_names_and_nothing_else() {
        for bucket in ["abc", "records.city-1", "2130706433"] {
            assert!(check_bucket(bucket).is_ok(), "{bucket}");
        }
        for bucket in [
            "",
            "ab",
            "2130706433:9443/",
            "x@[::1]:9443/",
            "127.0.0.1",
            "a/b",
            "a#b",
            "a?b",
            "a%2fb",
            "a..b",
            "A-b",
            "-ab",
            "ab-",
            "é-bucket",
            "abc\n",
        ] {
            assert!(check_bucket(bucket).is_err(), "{bucket}");
        }
        for region in ["eu-west-3", "auto", "RegionOne", "nl_ams"] {
            assert!(check_region(region).is_ok(), "{region}");
        }
        for region in ["", "x@127.0.0.1:9443/", "a.b", "a/b", "a:b", "é"] {
            assert!(check_region(region).is_err(), "{region}");
        }
    }
}
