// What pages do more comfortably with script. Every page works without it.
"use strict";

// An impatient second press within this time sends nothing.
const PATIENCE_MS = 3000;
for (const form of document.querySelectorAll("form[method=post]")) {
  let sent = -Infinity;
  form.addEventListener("submit", (event) => {
    if (event.timeStamp - sent < PATIENCE_MS) event.preventDefault();
    else sent = event.timeStamp;
  });
}

// Pictures are picked without asking for the page each time; arrow keys go from one to the next.
const MOST_PICTURES = 8;
const COLUMNS = 6;
for (const form of document.querySelectorAll("form[data-pictures]")) {
  const already = Number(form.querySelector("[name=place]").value);
  const picks = form.querySelector("[name=picks]");
  const status = form.querySelector("[data-said]");
  const undo = form.querySelector("[value=undo]");
  const buttons = Array.from(form.querySelectorAll("[name=pick]"));
  const picked = [];
  const show = () => {
    const count = already + picked.length;
    picks.value = picked.join(" ");
    status.querySelector("[data-count]").textContent = status.dataset.said.split("|")[count];
    const places = status.querySelector(".places");
    while (places.children.length < count) {
      const place = document.createElement("span");
      place.className = "place";
      places.append(place);
    }
    Array.from(places.children, (place, at) => place.classList.toggle("place-filled", at < count));
    undo.hidden = count === 0;
  };
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.name === "pick") {
      event.preventDefault();
      if (already + picked.length < MOST_PICTURES) picked.push(button.value);
      show();
    } else if (button === undo && picked.length > 0) {
      event.preventDefault();
      picked.pop();
      show();
    }
  });
  form.addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -COLUMNS, ArrowDown: COLUMNS };
    const at = buttons.indexOf(document.activeElement);
    if (!(event.key in steps) || at < 0) return;
    event.preventDefault();
    buttons[at + steps[event.key]]?.focus();
  });
  // Also when the browser brings the page back as it was left.
  window.addEventListener("pageshow", show);
}

// A form that carries a message to another site is sent at once.
const onward = document.querySelector("form[data-autosubmit]");
if (onward) onward.requestSubmit();

// After a logout: services are told in frames; when those have loaded, there is nothing to wait for.
const LONGEST_FRAME_MS = 5000;
const afterwards = document.querySelector("[data-when-loaded]");
if (afterwards) {
  let gone = false;
  const leave = () => {
    if (gone) return;
    gone = true;
    if (afterwards instanceof HTMLFormElement) afterwards.requestSubmit();
    else location.assign(afterwards.href);
  };
  window.addEventListener("load", leave);
  setTimeout(leave, LONGEST_FRAME_MS);
}

// The code, time and reference of an error go to the clipboard on one press.
for (const button of document.querySelectorAll("button[data-copy]")) {
  if (!navigator.clipboard) break;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const rows = document.getElementById(button.dataset.copy).querySelectorAll("div");
    const lines = Array.from(rows, (row) => row.textContent.replace(/\s+/g, " ").trim());
    await navigator.clipboard.writeText(lines.join("\n"));
    button.textContent = button.dataset.copied;
  });
}

// The list of local logins follows what is typed.
for (const input of document.querySelectorAll("input[data-filter]")) {
  let waiting;
  let latest = 0;
  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const mine = ++latest;
      const query = new URLSearchParams(new FormData(input.form));
      const answer = await fetch(`${input.form.action}?${query}`).catch(() => null);
      if (!answer?.ok || mine !== latest) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const list = page.getElementById(input.dataset.filter);
      if (list) document.getElementById(list.id).replaceChildren(...list.childNodes);
    }, 200);
  });
}

// The teacher's desk follows what pupils do while a window is going, and for some minutes after somebody
// last touched the page: a desk that is left alone must not keep its session awake.
const LOOK_EVERY_MS = 4000;
const LOOK_FOR_MS = 10 * 60 * 1000;
const live = document.querySelector("[data-live]");
if (live) {
  let touched = performance.now();
  for (const kind of ["pointerdown", "keydown"]) {
    addEventListener(kind, () => {
      touched = performance.now();
    });
  }
  const looking = setInterval(async () => {
    if (document.hidden || performance.now() - touched > LOOK_FOR_MS) return;
    const answer = await fetch(live.dataset.live).catch(() => null);
    if (!answer) return;
    // Whoever has been logged out sees so at the next press.
    if (!answer.ok || answer.redirected) return clearInterval(looking);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of live.querySelectorAll("[data-part]")) {
      const now = page.getElementById(part.id);
      const isSame = !now || now.innerHTML === part.innerHTML;
      // Nothing is taken away from under a finger.
      if (isSame || part.contains(document.activeElement)) continue;
      // What was ticked, or not, stays so.
      const ticks = new Map(Array.from(part.querySelectorAll("[type=checkbox]"), (box) => [box.id, box.checked]));
      part.replaceChildren(...now.childNodes);
      for (const [id, checked] of ticks) {
        const box = document.getElementById(id);
        if (box) box.checked = checked;
      }
    }
    if (!page.querySelector("[data-live]")) clearInterval(looking);
  }, LOOK_EVERY_MS);
}

// The board of a class follows what happens in it. Without script the page can ask for itself again.
const ALOUD_AFTER_MS = 2500;
const HIDDEN_FOR_MS = 60 * 1000;
const ASK_PAGE_EVERY_MS = 15 * 1000;
// A connection that is made anew at once is nobody's trouble.
const LOST_AFTER_MS = 12 * 1000;
const TRY_AGAIN_MS = 4000;
const TRY_AGAIN_MOST_MS = 60 * 1000;
// A press that has begun ends on what it began on.
const PRESS_ENDS_MS = 60;
const board = document.querySelector("form[data-board]");
if (board) {
  const list = board.querySelector("#board");
  const voice = document.querySelector("[data-board-aloud]");
  const note = (name, shown) => {
    document.querySelector(`[data-board-${name}]`).hidden = !shown;
  };
  // Where the class is followed, and what of it is shown already.
  const live = new URL(board.dataset.board, location.href);
  let stream;
  let asking;
  let trying;
  let tries = 0;
  let hiding;
  let losing;
  // Whether whoever looks has to ask for the page themselves.
  let isOver = false;
  const found = () => {
    clearTimeout(losing);
    losing = undefined;
    note("lost", false);
  };
  const lose = () => {
    losing ??= setTimeout(() => note("lost", true), LOST_AFTER_MS);
  };

  // One sentence at a time: of many at once only that there are many.
  let sentences = [];
  let speaking;
  const speak = (sentence) => {
    sentences.push(sentence);
    speaking ??= setTimeout(() => {
      voice.textContent = sentences.length > 2 ? voice.dataset.many : sentences.join(" ");
      sentences = [];
      speaking = undefined;
    }, ALOUD_AFTER_MS);
  };

  // Nothing is taken away from under a finger: what comes meanwhile waits.
  let isPressed = false;
  let waiting = [];
  const paint = (change) => {
    if (isPressed) waiting.push(change);
    else change();
  };
  list.addEventListener("pointerdown", () => {
    isPressed = true;
  });
  for (const kind of ["pointerup", "pointercancel"]) {
    addEventListener(kind, () => {
      if (!isPressed) return;
      setTimeout(() => {
        isPressed = false;
        for (const change of waiting.splice(0)) change();
      }, PRESS_ENDS_MS);
    });
  }

  const rowOf = (html) => {
    const holder = document.createElement("template");
    holder.innerHTML = html;
    return holder.content.firstElementChild;
  };
  const put = (old, row) => {
    if (old.innerHTML === row.innerHTML && old.className === row.className) return;
    // Whoever is on a button of the row stays on it, where it is still there.
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    old.replaceWith(row);
    if (!focused) return;
    const same = focused.name ? row.querySelector(`[name="${focused.name}"]`) : null;
    row.tabIndex = -1;
    (same ?? row).focus({ preventScroll: true });
  };
  const place = (made, whole) => {
    const known = made.map((row) => document.getElementById(row.id));
    if (whole && !(known.length === list.children.length && known.every(Boolean))) {
      list.replaceChildren(...made);
    } else {
      made.forEach((row, at) => known[at] && put(known[at], row));
    }
  };
  const sum = (lines) => {
    document.querySelectorAll("#board-sums > li").forEach((line, at) => {
      line.textContent = lines[at];
    });
  };
  const show = (event) => {
    const { whole, rows, summary } = JSON.parse(event.data);
    if (event.lastEventId) live.searchParams.set("set", event.lastEventId);
    paint(() => {
      place(rows.map((row) => rowOf(row.html)), whole);
      sum(summary);
    });
    for (const row of rows) if (row.aloud) speak(row.aloud);
    found();
  };
  const stop = () => {
    stream?.close();
    stream = undefined;
    clearTimeout(trying);
    clearInterval(asking);
    asking = undefined;
    found();
  };
  const end = (name) => {
    stop();
    isOver = true;
    note(name, true);
  };
  // Whoever may not look is told so; everything else passes.
  const isRefused = (answer) => answer.redirected || answer.status === 401 || answer.status === 403;
  const ask = (address, settings) => fetch(address, settings).catch(() => null);
  // As long as the class cannot be followed, the page is asked for instead.
  const askForPage = async () => {
    if (document.hidden || !asking) return;
    const answer = await ask(`${board.dataset.page}?selv=1`);
    if (!asking) return;
    if (!answer?.ok || answer.redirected) {
      if (answer && isRefused(answer)) end("over");
      else lose();
      return;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = page.getElementById("board");
    if (!now || !asking) return;
    const seen = new URL(page.querySelector("form[data-board]").dataset.board, location.href);
    live.searchParams.set("set", seen.searchParams.get("set"));
    paint(() => {
      place(Array.from(now.children), true);
      sum(Array.from(page.querySelectorAll("#board-sums > li"), (line) => line.textContent));
    });
    found();
  };
  const follow = () => {
    clearTimeout(trying);
    if (stream || isOver) return;
    stream = new EventSource(live);
    stream.addEventListener("board", show);
    stream.addEventListener("open", () => {
      tries = 0;
      clearInterval(asking);
      asking = undefined;
      found();
    });
    stream.addEventListener("stale", () => note("lost", true));
    stream.addEventListener("fresh", found);
    stream.addEventListener("displaced", () => end("displaced"));
    // Perhaps only the session is another one, since somebody has logged in again beside this page.
    stream.addEventListener("over", again);
    stream.addEventListener("error", () => {
      if (stream && stream.readyState !== EventSource.CLOSED) lose();
      else if (stream) again();
    });
  };
  const again = async () => {
    stream?.close();
    stream = undefined;
    lose();
    const answer = await ask(live, { method: "HEAD" });
    if (stream || isOver) return;
    if (answer && isRefused(answer)) {
      end("over");
      return;
    }
    const wait = Math.min(TRY_AGAIN_MS * 2 ** tries, TRY_AGAIN_MOST_MS);
    tries += 1;
    clearTimeout(trying);
    trying = setTimeout(follow, wait * (0.75 + Math.random() / 2));
    if (!asking) {
      asking = setInterval(askForPage, ASK_PAGE_EVERY_MS);
      askForPage();
    }
  };
  document.addEventListener("visibilitychange", () => {
    clearTimeout(hiding);
    if (document.hidden) hiding = setTimeout(stop, HIDDEN_FOR_MS);
    else if (!asking) follow();
  });
  if ("EventSource" in window) follow();
}

// Whoever waits for an adult is led on as soon as there is an answer.
const waits = document.querySelector("[data-until-over]");
if (waits) {
  const looking = setInterval(async () => {
    const answer = await fetch(waits.dataset.untilOver).catch(() => null);
    if (!answer || answer.status === 204) return;
    clearInterval(looking);
    location.reload();
  }, LOOK_EVERY_MS);
}
