// Registers the components once for each page and hands out the client that they share.
import { register } from "/vendor/elements.js";
import { en } from "/vendor/i18n/en.js";

// Codes that the server sends and that version 2.7 of the components has no text for.
const flowErrors = {
  ...en.flowErrors,
  otp_code_invalid: "This authentication code is wrong.",
  otp_code_already_used: "This authentication code was already used.",
};

const api = document.querySelector('meta[name="auth-api"]').content;
export const { hanko } = await register(api, { translations: { en: { ...en, flowErrors } } });
