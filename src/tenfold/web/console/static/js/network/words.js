// The few words that are put together in the browser: with the plural forms and digits of the page's language.

export class Words {
  constructor(messages) {
    this.messages = messages;
    const locale = document.documentElement.lang;
    this.plural = new Intl.PluralRules(locale);
    this.digits = new Intl.NumberFormat(locale === "ar" ? "ar-EG" : "en");
  }

  text(key, n) {
    const message = this.messages[key];
    if (typeof message === "string") return message;
    const form = message[this.plural.select(n)] ?? message.other;
    return form.replace("{n}", this.digits.format(n));
  }
}
