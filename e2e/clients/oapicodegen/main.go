// Command oapicodegen calls the service by the client that oapi-codegen makes of its description.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"time"

	"edgecheckout/e2e/clients/oapicodegen/api"
	"edgecheckout/e2e/clients/sandbox"
)

func main() {
	log.SetFlags(0)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := run(ctx, sandbox.FromEnvironment()); err != nil {
		log.Fatalf("oapi-codegen: %v", err)
	}
}

func run(ctx context.Context, s sandbox.Service) error {
	withKey := func(_ context.Context, r *http.Request) error {
		r.Header.Set("x-api-key", s.APIKey)
		return nil
	}
	client, err := api.NewClientWithResponses(s.URL, api.WithRequestEditorFn(withKey))
	if err != nil {
		return err
	}
	const most = "922337203685.4775807"
	direct, err := create(ctx, client, api.CreateCheckoutParamsTypeDirect, func(body *api.NewCheckout) error {
		return body.FromDirectCheckout(api.DirectCheckout{
			AmountDecimal: new(most), AssetCode: "XLM", Metadata: &api.MetadataToSet{"order": "1042"},
		})
	})
	if err != nil {
		return err
	}
	if direct.AmountDecimal != most || direct.Metadata["order"] != "1042" || direct.ProductId != nil {
		return fmt.Errorf("the direct checkout is %+v", direct)
	}

	var price api.AmountToSet
	if err := price.FromNumberToSet(12345.1234567); err != nil {
		return err
	}
	product, err := client.CreateProductWithResponse(ctx, nil, api.NewProduct{Name: "Sidamo", AssetCode: "XLM", PriceAmount: &price})
	if err != nil {
		return err
	}
	if product.JSON200 == nil || product.JSON200.PriceAmount != 12345.1234567 || product.JSON200.PriceAmountDecimal != "12345.1234567" {
		return fmt.Errorf("the product is %s", product.Body)
	}
	cheap, err := client.UpdateProductWithResponse(ctx, product.JSON200.Id, api.ProductChange{PriceAmountDecimal: new("2.5")})
	if err != nil {
		return err
	}
	if cheap.JSON200 == nil {
		return fmt.Errorf("changing the price: %s", cheap.Body)
	}
	sold, err := create(ctx, client, api.CreateCheckoutParamsTypeProduct, func(body *api.NewCheckout) error {
		return body.FromProductCheckout(api.ProductCheckout{ProductId: product.JSON200.Id})
	})
	if err != nil {
		return err
	}

	if err := s.Pay(ctx, sold.Destination, sold.Memo, sold.AmountDecimal); err != nil {
		return err
	}
	for sold.Status == api.CheckoutStatusOpen {
		time.Sleep(time.Second)
		read, err := client.GetCheckoutWithResponse(ctx, sold.Id)
		if err != nil {
			return err
		}
		if read.JSON200 == nil {
			return fmt.Errorf("retrieving: %s", read.Body)
		}
		sold = *read.JSON200
	}
	if sold.Status != api.CheckoutStatusCompleted || sold.AmountReceivedDecimal != "2.5" || len(sold.Payments) != 1 || sold.CompletedAt == nil {
		return fmt.Errorf("it was paid, and is %+v", sold)
	}

	first, err := client.ListCheckoutsWithResponse(ctx, &api.ListCheckoutsParams{Limit: new(api.Limit(1))})
	if err != nil {
		return err
	}
	if first.JSON200 == nil || len(first.JSON200.Data) != 1 || !first.JSON200.HasMore || first.JSON200.Data[0].Id != sold.Id {
		return fmt.Errorf("the first page: %s", first.Body)
	}
	second, err := client.ListCheckoutsWithResponse(ctx, &api.ListCheckoutsParams{StartingAfter: &sold.Id})
	if err != nil {
		return err
	}
	if second.JSON200 == nil || len(second.JSON200.Data) != 1 || second.JSON200.Data[0].Id != direct.Id {
		return fmt.Errorf("the second page: %s", second.Body)
	}

	var body api.NewCheckout
	if err := body.FromDirectCheckout(api.DirectCheckout{AssetCode: "XLM"}); err != nil {
		return err
	}
	refused, err := client.CreateCheckoutWithResponse(ctx, &api.CreateCheckoutParams{Type: api.CreateCheckoutParamsTypeDirect}, body)
	if err != nil {
		return err
	}
	if e := refused.JSON400; e == nil || e.Error.Code != api.ErrorCodeParameterMissing || e.Error.Message == "" || e.Error.Param == nil || *e.Error.Param != "amount" {
		return fmt.Errorf("a checkout of nothing is answered by %s", refused.Body)
	}
	return nil
}

// create creates a checkout under an Idempotency-Key.
func create(ctx context.Context, client *api.ClientWithResponses, kind api.CreateCheckoutParamsType, fill func(*api.NewCheckout) error) (api.Checkout, error) {
	var body api.NewCheckout
	if err := fill(&body); err != nil {
		return api.Checkout{}, err
	}
	params := api.CreateCheckoutParams{Type: kind, IdempotencyKey: new("oapi-codegen " + string(kind))}
	made, err := client.CreateCheckoutWithResponse(ctx, &params, body)
	if err != nil {
		return api.Checkout{}, err
	}
	if made.JSON200 == nil {
		return api.Checkout{}, errors.New("creating a checkout: " + string(made.Body))
	}
	return *made.JSON200, nil
}
