package event

import (
	"errors"
	"strings"
	"testing"
)

func TestURLsOfPublicHostsAreAccepted(t *testing.T) {
	for _, s := range []string{
		"https://shop.example", "https://shop.example/", "https://shop.example/webhooks?key=a%20b", "https://SHOP.Example./hooks", "https://shop.example:443/", "https://shop.example:8443/a",
		"https://a.b-c.co.uk/x", "https://xn--bcher-kva.example/", "https://hooks.xn--p1ai/", "https://8.8.8.shop.example/", "https://localhost.example/", "https://_dmarc.shop.example/",
	} {
		if err := CheckURL(s, "https://pay.example", false); err != nil {
			t.Errorf("%s %v", s, err)
		}
	}
}

func TestURLsThatCannotBeSentToAreRefused(t *testing.T) {
	long := strings.Repeat("a", 64)
	for s, want := range map[string]error{
		"": ErrScheme, "shop.example": ErrScheme, "/webhooks": ErrScheme, "//shop.example/": ErrScheme, "http://shop.example/": ErrScheme, "ftp://shop.example/": ErrScheme,
		"javascript:alert(1)": ErrScheme, "https:shop.example": ErrScheme, "file:///etc/passwd": ErrScheme, "http://localhost:3000/": ErrScheme,
		"https://": ErrHost, "https:///x": ErrHost, "https://shop": ErrHost, "https://localhost/": ErrHost, "https://localhost:443/": ErrHost, "https://shop.localhost/": ErrHost,
		"https://127.0.0.1/": ErrHost, "https://10.1/": ErrHost, "https://2130706433/": ErrHost, "https://0x7f.1/": ErrHost, "https://0x7f000001/": ErrHost, "https://0177.0.0.1/": ErrHost,
		"https://169.254.169.254/latest/meta-data": ErrHost, "https://[::1]/": ErrHost, "https://[fe80::1%25eth0]/": ErrHost, "https://[::ffff:127.0.0.1]/": ErrHost,
		"https://1.2.3.4.": ErrHost, "https://metadata.google.internal/": ErrHost, "https://printer.local/": ErrHost, "https://LOCALHOST./": ErrHost, "https://router.lan/": ErrHost,
		"https://1.0.0.127.in-addr.arpa/": ErrHost, "https://abcdef.onion/": ErrHost, "https://shop..example/": ErrHost, "https://.example/": ErrHost, "https://-shop.example/": ErrHost,
		"https://shop-.example/": ErrHost, "https://" + long + ".example/": ErrHost, "https://" + strings.Repeat("a.", 130) + "example/": ErrHost, "https://shop.e/": ErrHost,
		"https://sh%6fp.local/": ErrURL, "https://shop.example%2f@x/": ErrUserinfo,
		"https://shop.example:80/": ErrPort, "https://shop.example:22/": ErrPort, "https://shop.example:/": ErrPort, "https://shop.example:0443/": ErrPort, "https://shop.example:x/": ErrURL,
		"https://ada@shop.example/": ErrUserinfo, "https://ada:secret@shop.example/": ErrUserinfo, "https://shop.example@127.0.0.1/": ErrUserinfo,
		"https://shop.example/#a": ErrFragment, "https://shop.example/#": ErrFragment,
		"https://shop.example/a b": ErrURL, "https://shop.example\\@127.0.0.1/": ErrURL, "https://bücher.example/": ErrURL, "https://shop.example/\x7f": ErrURL, "https://shop.example/%zz": ErrURL,
		"https://pay.example/": ErrOwnHost, "https://PAY.example.:8443/webhooks": ErrOwnHost,
	} {
		if err := CheckURL(s, "https://pay.example", false); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", s, err, want)
		}
	}
}

func TestOnlyLocalNetworksSendToLocalhost(t *testing.T) {
	for _, s := range []string{"http://localhost/", "http://localhost:3000/webhooks"} {
		if err := CheckURL(s, "http://127.0.0.1:8787", true); err != nil {
			t.Errorf("%s %v", s, err)
		}
	}
	for _, s := range []string{"http://127.0.0.1:3000/", "http://localhost.shop.example/", "http://ada@localhost/", "http://localhost/#a"} {
		if CheckURL(s, "http://127.0.0.1:8787", true) == nil {
			t.Errorf("%s was accepted", s)
		}
	}
}
