package checkout

// Brand is how a merchant's pages look, and whom they name. Any of it may be empty.
type Brand struct {
	LogoURL      string `json:"logo_url,omitempty"`      // https:
	Color        string `json:"brand_color,omitempty"`   // #rrggbb, in lower case
	SupportEmail string `json:"support_email,omitempty"` // whom customers ask
	Website      string `json:"website,omitempty"`       // https:
	HomeDomain   string `json:"home_domain,omitempty"`   // a host name in lower case (SEP-1)
}
