//! Errors of a whole call, in the shape NHS APIs give them (FHIR R4 `OperationOutcome`).

use serde::{Deserialize, Serialize};

use crate::{FaultCode, FieldError};

/// Where the gateway's fault codes are defined.
pub const FAULT_SYSTEM: &str = "https://ra-desk.example/CodeSystem/fault";

/// An error of a whole call. Holds no personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct OperationOutcome {
    /// Always `OperationOutcome`.
    pub resource_type: String,
    /// What is wrong; the first issue tells what the call failed of.
    pub issue: Vec<Issue>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Issue {
    /// `error` or `warning`.
    pub severity: String,
    /// A FHIR issue type, `invalid` for instance.
    pub code: String,
    /// The coded reason.
    pub details: Details,
    /// A sentence for whoever looks after the computer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diagnostics: Option<String>,
    /// The field it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expression: Vec<String>,
}

/// The coded reason of an issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Details {
    /// The code, once.
    pub coding: Vec<Coding>,
}

/// A code and where it is defined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Coding {
    /// Where the code is defined.
    pub system: String,
    /// The code: a [`FaultCode`], or a field's code below it.
    pub code: String,
    /// The code in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display: Option<String>,
}

impl OperationOutcome {
    /// An error with one coded reason.
    pub fn of(code: FaultCode, diagnostics: impl Into<String>) -> Self {
        Self { resource_type: "OperationOutcome".into(), issue: vec![Issue::of(code, diagnostics.into())] }
    }

    /// An error that names the fields at fault, after its own reason.
    pub fn of_fields(code: FaultCode, diagnostics: impl Into<String>, fields: &[FieldError]) -> Self {
        let mut outcome = Self::of(code, diagnostics);
        outcome.issue.extend(fields.iter().map(|field| Issue {
            severity: "error".into(),
            code: "invalid".into(),
            details: Details {
                coding: vec![Coding {
                    system: FAULT_SYSTEM.into(),
                    code: field.code.clone(),
                    display: Some(field.message.clone()),
                }],
            },
            diagnostics: None,
            expression: vec![field.field.clone()],
        }));
        outcome
    }

    /// The reason the call failed of, if it is one this version knows.
    pub fn fault(&self) -> Option<FaultCode> {
        self.issue.first()?.details.coding.first()?.code.parse().ok()
    }

    /// The fields at fault.
    pub fn fields(&self) -> Vec<FieldError> {
        self.issue
            .iter()
            .skip(1)
            .filter_map(|issue| {
                let coding = issue.details.coding.first()?;
                Some(FieldError {
                    field: issue.expression.first()?.clone(),
                    code: coding.code.clone(),
                    message: coding.display.clone().unwrap_or_default(),
                })
            })
            .collect()
    }
}

impl Issue {
    fn of(code: FaultCode, diagnostics: String) -> Self {
        Self {
            severity: "error".into(),
            code: fhir_issue_type(code).into(),
            details: Details {
                coding: vec![Coding { system: FAULT_SYSTEM.into(), code: code.as_str().into(), display: None }],
            },
            diagnostics: Some(diagnostics),
            expression: Vec::new(),
        }
    }
}

const fn fhir_issue_type(code: FaultCode) -> &'static str {
    match code {
        FaultCode::SignInNeeded | FaultCode::SignInRefused => "login",
        FaultCode::SessionEnded => "expired",
        FaultCode::WrongRole | FaultCode::NotPermitted | FaultCode::DeviceRevoked => "forbidden",
        FaultCode::InvalidRequest | FaultCode::SearchTooBroad => "invalid",
        FaultCode::TooManyMatches => "multiple-matches",
        FaultCode::NotFound | FaultCode::DeviceUnknown => "not-found",
        FaultCode::WrongState | FaultCode::AuditGap => "business-rule",
        FaultCode::ProfileChanged | FaultCode::DeviceKeyDiffers | FaultCode::AuditForked => "conflict",
        FaultCode::SignatureWrong | FaultCode::ProofRefused | FaultCode::ProofOutOfTime => "security",
        FaultCode::TooLarge => "too-long",
        FaultCode::TooManyRequests => "throttled",
        FaultCode::Busy | FaultCode::IssuerUnavailable => "transient",
        FaultCode::Internal => "exception",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_says_its_reason_and_fields() {
        let fields =
            [FieldError { field: "address".into(), code: "address_missing".into(), message: "Enter it.".into() }];
        let outcome = OperationOutcome::of_fields(FaultCode::InvalidRequest, "one field", &fields);
        let text = serde_json::to_string(&outcome).unwrap();
        let back: OperationOutcome = serde_json::from_str(&text).unwrap();
        assert_eq!(back.fault(), Some(FaultCode::InvalidRequest));
        assert_eq!(back.fields(), fields);
        assert!(text.contains(r#""resourceType":"OperationOutcome""#));
    }
}
