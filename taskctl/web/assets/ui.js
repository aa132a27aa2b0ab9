// The dialog, keys, and what a page does while nobody looks or nobody answers. All else is htmx's.
(() => {
  "use strict";

  const dialog = document.getElementById("dialog");
  const gone = document.getElementById("gone");

  // An action's words are put into the dialog, which then opens.
  new MutationObserver(() => {
    if (!dialog.firstElementChild) return;
    if (!dialog.open) dialog.showModal();
    const first = dialog.querySelector("[data-first]");
    if (first) first.focus();
  }).observe(dialog, { childList: true });

  dialog.addEventListener("close", () => dialog.replaceChildren());

  document.addEventListener("click", (event) => {
    const at = event.target.closest("[data-close]");
    if (at && dialog.open) dialog.close();
    else if (at) history.back();
    else if (event.target === dialog) dialog.close();
  });

  // What is done once is not done twice by an impatient finger.
  document.addEventListener("submit", (event) => {
    const button = event.target.querySelector("[data-once]");
    if (!button) return;
    setTimeout(() => {
      button.disabled = true;
      button.setAttribute("aria-busy", "true");
    });
  });

  // A choice of all; buttons that need a choice.
  const choose = () => {
    const chosen = document.querySelectorAll("input[name=id]:checked").length;
    for (const button of document.querySelectorAll("[data-chosen]")) {
      button.disabled = chosen === 0;
      button.dataset.count = chosen || "";
    }
  };
  document.addEventListener("change", (event) => {
    const all = event.target.closest("[data-all]");
    if (all) {
      for (const box of document.querySelectorAll(`input[name=${all.dataset.all}]`)) {
        box.checked = all.checked;
      }
    }
    choose();
  });
  new MutationObserver(choose).observe(document.getElementById("main"), { childList: true, subtree: true });
  choose();

  // Links that look like buttons are pressed like buttons.
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.closest("input, textarea, select");
    if (event.key === " " && event.target.matches("a[role=button]")) {
      event.preventDefault();
      event.target.click();
    } else if (event.key === "/" && !isTyping && !dialog.open) {
      const search = document.getElementById("search");
      if (search) {
        event.preventDefault();
        search.focus();
      }
    }
  });

  // Nothing is asked while nobody looks.
  document.addEventListener("htmx:before:request", (event) => {
    const trigger = event.detail.ctx && event.detail.ctx.sourceEvent;
    if (document.hidden && trigger && trigger.type === "every") event.preventDefault();
  });
  document.addEventListener("htmx:error", () => { gone.hidden = false; });
  document.addEventListener("htmx:after:request", () => { gone.hidden = true; });
})();
