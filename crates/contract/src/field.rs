//! What is wrong with what was typed, in words that stand beside the field.

use serde::{Deserialize, Serialize};

/// Why a text is not a value of the type it was parsed as.
///
/// The message never repeats what was typed: it may be personal data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Invalid {
    /// A stable word for programs and tests, in snake case.
    pub code: &'static str,
    /// A full sentence for the person who typed it.
    pub message: &'static str,
}

impl Invalid {
    pub(crate) const fn new(code: &'static str, message: &'static str) -> Self {
        Self { code, message }
    }

    /// The same finding, said of one field of a form.
    pub fn at(&self, field: &str) -> FieldError {
        FieldError { field: field.to_owned(), code: self.code.to_owned(), message: self.message.to_owned() }
    }
}

/// One thing wrong with one field of a form or body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(specta::Type))]
pub struct FieldError {
    /// The field's name as it stands in the body, for instance `address`.
    pub field: String,
    /// A stable word for programs, in snake case.
    pub code: String,
    /// A full sentence for the person who typed it.
    pub message: String,
}

/// All that is wrong with a form, in the order of its fields. Never empty once it is an error.
#[derive(Debug, Clone, Default, PartialEq, Eq, thiserror::Error)]
#[error("{} field(s) need correcting", .0.len())]
pub struct FieldErrors(pub Vec<FieldError>);

impl FieldErrors {
    /// Parses one field and remembers what is wrong with it, so that all faults of a form are told at once.
    pub fn parse<T>(&mut self, field: &str, text: &str) -> Option<T>
    where
        T: std::str::FromStr<Err = Invalid>,
    {
        match text.parse() {
            Ok(value) => Some(value),
            Err(invalid) => {
                self.0.push(invalid.at(field));
                None
            }
        }
    }

    /// Remembers one more finding.
    pub fn push(&mut self, field: &str, code: &str, message: impl Into<String>) {
        self.0.push(FieldError { field: field.to_owned(), code: code.to_owned(), message: message.into() });
    }

    /// Ends a check: all good, or everything that is wrong.
    pub fn into_result(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }
}
