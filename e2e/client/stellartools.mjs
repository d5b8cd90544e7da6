// The calls that StellarTools documents for its own client, as far as a service without custody can
// answer them: its paths, its bodies, its headers, and an Error with a message when it is refused.
//
//   const tools = new StellarTools("https://pay.example.com", "sk_test_…");
//   const checkout = await tools.checkouts.create({ product_id: "prod_…" });

export class StellarTools {
  version = "2026-09-01";
  /** Called with every response. */
  observe = () => {};

  constructor(baseURL, apiKey) {
    this.baseURL = baseURL;
    this.apiKey = apiKey;
  }

  async call(method, path, body) {
    // A content type is sent even without a body.
    const headers = { "content-type": "application/json", "x-api-key": this.apiKey, "stellartools-version": this.version };
    const response = await fetch(`${this.baseURL}/${path}`, { method, headers, body: body && JSON.stringify(body) });
    this.observe(method, `/${path}`, response);
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.error.message);
    return answer;
  }

  checkouts = {
    create: (params) => this.call("POST", "checkout?type=product", params),
    createDirect: (params) => this.call("POST", "checkout?type=direct", params),
    retrieve: (id) => this.call("GET", `checkout/${id}`),
    update: (id, params) => this.call("PUT", `checkout/${id}`, params),
    delete: (id) => this.call("DELETE", `checkout/${id}`),
  };
  customers = {
    create: (params) => this.call("POST", "customers", [params]),
    list: (params) => this.call("GET", `customers?${new URLSearchParams(params)}`),
    retrieve: (id) => this.call("GET", `customers/${id}`),
    update: (id, params) => this.call("PUT", `customers/${id}`, params),
    delete: (id) => this.call("DELETE", `customers/${id}`),
  };
  products = {
    create: (params) => this.call("POST", "product", params),
    list: (params) => this.call("GET", `products?${new URLSearchParams(params)}`),
    retrieve: (id) => this.call("GET", `products/${id}`),
  };
  payments = {
    list: (params) => this.call("GET", `payments?${new URLSearchParams(params)}`),
    retrieve: (id) => this.call("GET", `payments/${id}`),
  };
  refunds = {
    create: (params) => this.call("POST", "refunds", params),
  };
  webhooks = {
    create: (params) => this.call("POST", "webhooks", params),
    retrieve: (id) => this.call("GET", `webhooks/${id}`),
    update: (id, params) => this.call("PUT", `webhooks/${id}`, params),
    delete: (id) => this.call("DELETE", `webhooks/${id}`),
  };
}
