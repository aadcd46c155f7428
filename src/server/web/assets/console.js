// What needs a script: times in the reader's zone, copying, hiding what is shown once. Everything else works without.
"use strict";

for (const time of document.querySelectorAll("time[datetime]")) {
  const at = new Date(time.dateTime);
  if (!Number.isNaN(at.valueOf())) {
    time.textContent = at.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
  }
}

// Loading a page again must not send the form again that led to it.
history.replaceState(null, "", location.href);

for (const button of document.querySelectorAll("button[data-copy], button[data-dismiss]")) {
  button.hidden = false;
}

for (const button of document.querySelectorAll("button[data-copy]")) {
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.textContent.trim());
      button.textContent = "Copied";
    } catch {
      // Clipboards are refused on clear-text origins: select it, so that the keyboard can copy.
      getSelection().selectAllChildren(source);
      button.textContent = "Selected: press Ctrl+C";
    }
  });
}

// A page from the back button's memory may be of a session that has ended.
addEventListener("pageshow", event => {
  if (event.persisted) {
    location.reload();
  }
});

for (const reveal of document.querySelectorAll("[data-reveal]")) {
  const forget = () => reveal.remove();
  reveal.querySelector("[data-dismiss]").addEventListener("click", () => {
    forget();
    document.getElementById("main").focus();
  });
  // A page kept for the back button must not keep the secret.
  addEventListener("pagehide", forget);
}
