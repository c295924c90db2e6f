import { cleanup } from "@testing-library/preact";
import { afterEach, vi } from "vitest";

// jsdom has no modal dialogs and no layout.
HTMLDialogElement.prototype.showModal = function showModal() {
  this.open = true;
};
HTMLDialogElement.prototype.close = function close() {
  this.open = false;
};
window.scrollTo = () => {};
// As in index.html.
document.documentElement.lang = "en-GB";
document.body.className = "js-enabled nhsuk-frontend-supported";

afterEach(() => {
  cleanup();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

// A page is waited for as long as a busy machine may take.
const waitFor: typeof vi.waitFor = vi.waitFor.bind(vi);
vi.waitFor = (check, options = { timeout: 10_000 }) => waitFor(check, options);

// jsdom has no CSS.escape; the names and ids of the pages need none.
vi.stubGlobal("CSS", { escape: (name: string) => name });
