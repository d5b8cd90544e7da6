// Command ogen calls the service by the client that ogen makes of its description.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"edgecheckout/e2e/clients/ogen/api"
	"edgecheckout/e2e/clients/sandbox"
)

func main() {
	log.SetFlags(0)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := run(ctx, sandbox.FromEnvironment()); err != nil {
		log.Fatalf("ogen: %v", err)
	}
}

// merchant has an API key, and is no operator.
type merchant struct{ key string }

func (m merchant) ApiKey(context.Context, api.OperationName) (api.ApiKey, error) {
	return api.ApiKey{APIKey: m.key}, nil
}

func (merchant) Operator(context.Context, api.OperationName) (api.Operator, error) {
	return api.Operator{}, errors.New("not the operator")
}

func run(ctx context.Context, s sandbox.Service) error {
	client, err := api.NewClient(s.URL, merchant{s.APIKey})
	if err != nil {
		return err
	}
	const most = "922337203685.4775807"
	direct, err := create(ctx, client, api.CreateCheckoutTypeDirect, api.NewDirectCheckoutNewCheckout(api.DirectCheckout{
		AmountDecimal: api.NewOptNilExactlyToSet(most), AssetCode: "XLM", Metadata: api.NewOptNilMetadataToSet(api.MetadataToSet{"order": "1042"}),
	}))
	if err != nil {
		return err
	}
	if direct.AmountDecimal != most || direct.Metadata["order"] != "1042" || !direct.ProductID.IsNull() {
		return fmt.Errorf("the direct checkout is %+v", direct)
	}

	answer, err := client.CreateProduct(ctx, &api.NewProduct{
		Name: "Sidamo", AssetCode: "XLM", PriceAmount: api.NewOptAmountToSet(api.NewNumberToSetAmountToSet(12345.1234567)),
	}, api.CreateProductParams{})
	product, ok := answer.(*api.ProductHeaders)
	if err != nil || !ok || product.Response.PriceAmount != 12345.1234567 || product.Response.PriceAmountDecimal != "12345.1234567" {
		return fmt.Errorf("the product is %+v (%v)", answer, err)
	}
	cheap := &api.ProductChange{PriceAmountDecimal: api.NewOptNilExactlyToSet("2.5")}
	if answer, err := client.UpdateProduct(ctx, cheap, api.UpdateProductParams{ID: product.Response.ID}); err != nil {
		return fmt.Errorf("changing the price: %+v (%v)", answer, err)
	}
	sold, err := create(ctx, client, api.CreateCheckoutTypeProduct, api.NewProductCheckoutNewCheckout(api.ProductCheckout{ProductID: product.Response.ID}))
	if err != nil {
		return err
	}

	if err := s.Pay(ctx, string(sold.Destination), sold.Memo, string(sold.AmountDecimal)); err != nil {
		return err
	}
	for sold.Status == api.CheckoutStatusOpen {
		time.Sleep(time.Second)
		answer, err := client.GetCheckout(ctx, api.GetCheckoutParams{ID: sold.ID})
		read, ok := answer.(*api.CheckoutHeaders)
		if err != nil || !ok {
			return fmt.Errorf("retrieving: %+v (%v)", answer, err)
		}
		sold = read.Response
	}
	if sold.Status != api.CheckoutStatusCompleted || sold.AmountReceivedDecimal != "2.5" || len(sold.Payments) != 1 || sold.CompletedAt.IsNull() {
		return fmt.Errorf("it was paid, and is %+v", sold)
	}

	first, err := list(ctx, client, api.ListCheckoutsParams{Limit: api.NewOptInt32(1)})
	if err != nil || len(first.Data) != 1 || !bool(first.HasMore) || first.Data[0].ID != sold.ID {
		return fmt.Errorf("the first page is %+v (%v)", first, err)
	}
	second, err := list(ctx, client, api.ListCheckoutsParams{StartingAfter: api.NewOptCursor(api.Cursor(sold.ID))})
	if err != nil || len(second.Data) != 1 || second.Data[0].ID != direct.ID {
		return fmt.Errorf("the second page is %+v (%v)", second, err)
	}

	refused, err := client.CreateCheckout(ctx, api.NewDirectCheckoutNewCheckout(api.DirectCheckout{AssetCode: "XLM"}),
		api.CreateCheckoutParams{Type: api.CreateCheckoutTypeDirect})
	if err != nil {
		return err
	}
	e, ok := refused.(*api.BadCheckoutHeaders)
	if !ok || e.Response.Error.Code != api.ErrorCodeParameterMissing || e.Response.Error.Message == "" || e.Response.Error.Param.Or("") != "amount" {
		return fmt.Errorf("a checkout of nothing is answered by %+v", refused)
	}
	return nil
}

// create creates a checkout under an Idempotency-Key.
func create(ctx context.Context, client *api.Client, kind api.CreateCheckoutType, body api.NewCheckout) (api.Checkout, error) {
	answer, err := client.CreateCheckout(ctx, body, api.CreateCheckoutParams{Type: kind, IdempotencyKey: api.NewOptString("ogen " + string(kind))})
	made, ok := answer.(*api.OpenCheckoutHeaders)
	if err != nil || !ok {
		return api.Checkout{}, fmt.Errorf("creating a checkout: %+v (%v)", answer, err)
	}
	return made.Response, nil
}

func list(ctx context.Context, client *api.Client, params api.ListCheckoutsParams) (api.CheckoutList, error) {
	answer, err := client.ListCheckouts(ctx, params)
	page, ok := answer.(*api.CheckoutListHeaders)
	if err != nil || !ok {
		return api.CheckoutList{}, fmt.Errorf("%+v (%v)", answer, err)
	}
	return page.Response, nil
}
