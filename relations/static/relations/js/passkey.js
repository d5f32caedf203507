/* Asks the browser for a passkey and sends what it answers; without it the form stays shut and says why.

   <passkey-form data-act="create|get" data-options="…JSON of the server…" data-failed="…">
     <form><input type="hidden" name="credential"><button disabled>…</button><p role="alert"></p></form>
   </passkey-form> */

class PasskeyForm extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    if (!window.PublicKeyCredential?.parseCreationOptionsFromJSON) return;
    this.querySelector("button").disabled = false;
    this.querySelector("[role=alert]").textContent = "";
    this.form.addEventListener("submit", (event) => {
      if (this.form.elements.credential.value) return;
      event.preventDefault();
      this.ask();
    });
  }

  async ask() {
    const { publicKey } = JSON.parse(this.dataset.options);
    try {
      const credential =
        this.dataset.act === "create"
          ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey) })
          : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey) });
      this.form.elements.credential.value = JSON.stringify(credential.toJSON());
      this.form.submit();
    } catch {
      this.querySelector("[role=alert]").textContent = this.dataset.failed;
    }
  }
}

customElements.define("passkey-form", PasskeyForm);
