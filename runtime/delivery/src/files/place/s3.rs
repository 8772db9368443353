//! S3: a file is an object. An object is there once all of it is, so it needs no temporary name.

use async_trait::async_trait;
use opendal::{ErrorKind, HttpTransporter, OperationContext, Operator, services::S3};
use opendal_http_transport_reqwest::ReqwestTransport;

use super::{
    definition::S3Place,
    error::{PlaceError, UnusablePlace},
    http,
    interface::Place,
    text::{plain, said},
};
use crate::destinations::{AddressError, Surroundings};

pub(super) struct Bucket {
    operator: Operator,
    place: S3Place,
}

impl S3Place {
    pub(super) fn open(&self, surroundings: &Surroundings) -> Result<Bucket, UnusablePlace> {
        http::check("endpoint", &self.endpoint, surroundings)?;
        said("bucket", &self.bucket)?;
        said("region", &self.region)?;
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
        let client = http::client(&self.tls, surroundings)?;
        let operator =
            Operator::new(builder).map_err(|error| UnusablePlace::Client(error.to_string()))?;
        let transport = HttpTransporter::new(ReqwestTransport::new(client));
        let context = OperationContext::new().with_http_transport(transport);
        Ok(Bucket { operator: operator.with_context(context), place: self.clone() })
    }
}

impl Bucket {
    fn meaning(&self, error: &opendal::Error, what: &'static str) -> PlaceError {
        let host = self.place.endpoint.host_str().unwrap_or_default();
        let mut cause = std::error::Error::source(error);
        while let Some(reason) = cause {
            if let Some(address) = reason.downcast_ref::<AddressError>() {
                return PlaceError::Address(address.clone());
            }
            if let Some(error) = reason.downcast_ref::<reqwest::Error>() {
                return http::meaning(host, error);
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
