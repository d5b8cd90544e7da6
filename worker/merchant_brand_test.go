package worker_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// brandOf lists the brand of a merchant as the API shows it.
func brandOf(r reply) []string {
	var all []string
	for _, name := range []string{"logo_url", "brand_color", "support_email", "website", "home_domain"} {
		all = append(all, r.text(name))
	}
	return all
}

func TestBrandIsSetByOperatorAndOwner(t *testing.T) {
	s := deploy(t)
	edge := s.edge()
	operator := s.operator(edge)
	made := operator.post("/merchants", `{"name":"Corner Shop","brand_color":"#0A7C66","support_email":"Help@Shop.Example","home_domain":"SHOP.example"}`)
	want := []string{"null", "#0a7c66", "help@shop.example", "null", "shop.example"}
	if diff := cmp.Diff(want, brandOf(made)); diff != "" {
		t.Errorf("created (-want +got):\n%s", diff)
	}
	path := "/merchants/" + made.text("id")
	changed := operator.do("PUT", path, `{"logo_url":"https://shop.example/logo.png","website":"https://shop.example/","brand_color":null}`)
	want = []string{"https://shop.example/logo.png", "null", "help@shop.example", "https://shop.example/", "shop.example"}
	if diff := cmp.Diff(want, brandOf(changed)); diff != "" {
		t.Errorf("changed (-want +got):\n%s", diff)
	}
	for field, values := range map[string][]string{
		"logo_url":      {"http://shop.example/l.png", "shop.example", "//shop.example/l.png", "javascript:alert(1)", "data:image/png;base64,AA", "https://", "https://me:secret@shop.example/", "https://a;b/", "https://shop.example/" + strings.Repeat("a", 2028)},
		"website":       {"http://shop.example", "shop.example", "https:shop.example", "https://shop.example/\\"},
		"brand_color":   {"teal", "#fff", "0a7c66", "#0a7c6", "#0a7c666", "#0a7c6g", "#0a7c66;}", "rgb(1,2,3)"},
		"support_email": {"help", "help@", "@shop.example", "help@shop", "help@shop.example?bcc=a@b.example, c@d.example"},
		"home_domain":   {"https://shop.example", "shop.example/", "localhost", "127.0.0.1", "shop", "shop.example:8000", strings.Repeat("a", 25) + ".example", "shop.local"},
	} {
		for _, value := range values {
			r := operator.do("PUT", path, fmt.Sprintf(`{%q:%q}`, field, value))
			if r.status != 400 || r.text("error.code") != "parameter_invalid" || r.text("error.param") != field {
				t.Errorf("%s %s: %d %s", field, value, r.status, r.body)
			}
		}
	}
	if diff := cmp.Diff(want, brandOf(operator.get(path))); diff != "" {
		t.Errorf("after what was refused (-want +got):\n%s", diff)
	}
}

func TestOwnerSetsTheBrandInTheConsole(t *testing.T) {
	s := deploy(t)
	edge := s.edge()
	shop := s.tenant(edge, "Shop", s.Merchant())
	owner := s.owner(edge, shop)
	const path = "/console/settings"
	wrong := owner.submit(owner.open(path), path, "brand_color", "teal", "website", "https://shop.example/")
	if wrong.status != 400 || !strings.Contains(wrong.text(`[data-testid="problem"]`), "brand_color must be a colour") || wrong.form(path).Get("website") != "https://shop.example/" {
		t.Errorf("a colour that is none: %d %s, and what was typed is %v", wrong.status, wrong.text("main"), wrong.form(path))
	}
	owner.follow(owner.submit(wrong, path, "brand_color", "#0a7c66", "logo_url", "https://shop.example/logo.png", "support_email", "help@shop.example", "home_domain", "shop.example"))
	want := []string{"https://shop.example/logo.png", "#0a7c66", "help@shop.example", "https://shop.example/", "shop.example"}
	if diff := cmp.Diff(want, brandOf(s.operator(edge).get("/merchants/"+shop.id))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	owner.follow(owner.submit(owner.open(path), path, "website", "", "logo_url", ""))
	if got := brandOf(s.operator(edge).get("/merchants/" + shop.id)); got[0] != "null" || got[3] != "null" || got[1] != "#0a7c66" {
		t.Errorf("after two were emptied: %v", got)
	}
}

// What the merchant changes later reaches no page that may be in a cache.
func TestPageShowsTheBrandOfItsTime(t *testing.T) {
	s := deploy(t)
	edge := s.edge()
	shop := s.tenant(edge, "Shop", s.Merchant())
	operator := s.operator(edge)
	path := "/merchants/" + shop.id
	before := shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"XLM"}`).text("id")
	operator.do("PUT", path, `{"logo_url":"https://cdn.example/logo.png","brand_color":"#0a7c66","support_email":"help@shop.example","website":"https://shop.example/"}`)
	s.Sleep(2 * time.Minute) // the key cache, and the store's staleness
	product := shop.post("/product", `{"name":"Sidamo","asset_code":"XLM","price_amount":5,"images":["https://img.example/1.png","https://other.example/2.png"]}`).text("id")
	branded := shop.post("/checkout?type=product", fmt.Sprintf(`{"product_id":%q}`, product)).text("id")
	link := shop.post("/payment_links", fmt.Sprintf(`{"product_id":%q}`, product)).text("id")
	operator.do("PUT", path, `{"logo_url":"https://new.example/logo.png","brand_color":"#ff0000","support_email":null}`)
	s.Sleep(2 * time.Minute)
	anybody := client{t, edge, nil}
	for page, brand := range map[string]string{
		"/pay/" + before:               "",
		"/pay/" + branded:              "#0a7c66",
		"/pay/" + branded + "/receipt": "#0a7c66",
		"/pay/" + branded + "?lang=ar": "#0a7c66",
		"/buy/" + link:                 "#ff0000", // is no checkout yet
	} {
		r := anybody.get(page)
		policy := r.header.Get("Content-Security-Policy")
		images := map[string]string{"": "img-src 'self';", "#0a7c66": "img-src 'self' https://cdn.example https://img.example;", "#ff0000": "img-src 'self' https://new.example https://img.example;"}[brand]
		if r.status != 200 || !strings.Contains(policy, images) || strings.Contains(policy, "'sha256-") != (brand != "") {
			t.Errorf("%s: %d, policy %s, want %s", page, r.status, policy, images)
		}
		if has := strings.Contains(r.body, "--button:"+brand+";"); has != (brand != "") {
			t.Errorf("%s has the colour %s: %t", page, brand, has)
		}
		if has := strings.Contains(r.body, "mailto:help@shop.example?subject="); has != (brand == "#0a7c66") {
			t.Errorf("%s has the old support address: %t", page, has)
		}
	}
}
