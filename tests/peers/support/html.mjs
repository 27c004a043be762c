// Just enough HTML to follow forms and read results; not a parser for arbitrary pages.

/** Every form of a page: where it goes, how, and its controls in order. */
export function forms(html, base) {
  return [...html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/gi)].map(([, head, body]) => {
    const attributes = attributesOf(head);
    return {
      action: new URL(attributes.action || base, base),
      method: (attributes.method ?? 'get').toUpperCase(),
      controls: [...body.matchAll(/<(input|button|select|textarea)\b([^>]*)>/gi)].map(([, tag, rest]) => {
        const control = attributesOf(rest);
        const type = control.type?.toLowerCase() ?? (tag.toLowerCase() === 'button' ? 'submit' : 'text');
        return { ...control, tag: tag.toLowerCase(), type };
      }),
    };
  });
}

/** Every link of a page: its address and its text. */
export function links(html, base) {
  return [...html.matchAll(/<a\b([^>]*)>([\s\S]*?)<\/a>/gi)]
    .map(([, head, body]) => ({ href: attributesOf(head).href, text: textOf(body) }))
    .filter(({ href }) => href)
    .map(({ href, text }) => ({ href: new URL(href, base), text }));
}

/** The address of every frame of a page. */
export function frames(html, base) {
  return [...html.matchAll(/<iframe\b([^>]*)>/gi)].map(([, head]) => new URL(attributesOf(head).src, base));
}

/** The code of a refusal page, or null. */
export function refusalCode(html) {
  return html.match(/<main\b[^>]*\bdata-refusal-code="([^"]*)"/i)?.[1] ?? null;
}

/** The text of a fragment, without tags and with single spaces. */
export function textOf(html) {
  return decoded(html.replace(/<(script|style)\b[\s\S]*?<\/\1>/gi, ' ').replace(/<[^>]*>/g, ' ')).replace(/\s+/g, ' ').trim();
}

function attributesOf(head) {
  const found = {};
  for (const [, name, quoted, apostrophed, bare] of head.matchAll(/([\w:-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/g)) {
    found[name.toLowerCase()] ??= decoded(quoted ?? apostrophed ?? bare ?? '');
  }
  return found;
}

const named = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ', aelig: 'æ', oslash: 'ø', aring: 'å' };

function decoded(text) {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, name) => {
    if (hex) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal) return String.fromCodePoint(Number(decimal));
    return named[name] ?? whole;
  });
}
